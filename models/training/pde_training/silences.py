"""
Rows as a bank gives them that does not tell everything: whole groups of features unknown. A model that has never seen one missing
takes its absence for a sign, and scores a whole bank by it.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .dataset import Catalogue, Rows, Split
from .metrics import LEVELS, Ranking, interval, observed_expected, resample, risk_score, rounded

# Of the fitting rows so many are shown a second time, as a bank that does not tell everything would have given them.
SHOWN_SHARE = 0.25
SAMPLES = 400
# A bank that gives transactions and nothing about them: no profiles, failed payments, merchants, categories of spending, or hours.
BARE = ("failures", "merchant", "spendingCategory", "timeOfDay", "obligations")


def shown(split: Split, catalogue: Catalogue, seed: int) -> Split:
    """The split with a share of what is fitted on shown a second time, silenced. Validation, calibration and test stay as they are."""
    random = np.random.default_rng([seed, 1])
    more = lambda rows: _shown(rows, catalogue, random)  # noqa: E731
    return replace(split, fit=more(split.fit), folds=[(more(train), valid) for train, valid in split.folds])


def silenced(x: np.ndarray, catalogue: Catalogue, random: np.random.Generator) -> np.ndarray:
    """
    Each row as a bank with silences of its own would have given it: how many of them is drawn evenly from one to all, which of them
    then by lot.
    """
    order = list(catalogue.silences)
    many = random.integers(1, len(order) + 1, len(x))
    rank = np.argsort(np.argsort(random.random((len(x), len(order))), axis=1), axis=1)
    found = x.copy()
    for place, silence in enumerate(order):
        rows = np.flatnonzero(rank[:, place] < many)
        found[np.ix_(rows, columns_of(catalogue, [silence]))] = np.nan
    return found


def columns_of(catalogue: Catalogue, silent: list[str]) -> list[int]:
    """Positions of the inputs that these silences leave unknown."""
    unknown = {name for silence in silent for name in catalogue.silences[silence]}
    return [column for column, name in enumerate(catalogue.inputs) if name in unknown]


def judged(
    probability_of: Callable[[np.ndarray], np.ndarray], rows: Rows, catalogue: Catalogue, action: float, seed: int
) -> list[dict]:
    """The same rows as banks would have given them that tell nothing of something, and silenced by lot."""
    banks = {"tells everything": rows.x}
    for title, silent in [*((f"no {name}", [name]) for name in catalogue.silences), ("bare", list(BARE))]:
        banks[title] = rows.x.copy()
        banks[title][:, columns_of(catalogue, silent)] = np.nan
    banks["silences by lot"] = silenced(rows.x, catalogue, np.random.default_rng([seed, 2]))
    return [{"bank": title, **_measured(probability_of(x), x, rows, action, seed)} for title, x in banks.items()]


def _measured(probability: np.ndarray, x: np.ndarray, rows: Rows, action: float, seed: int) -> dict:
    ranked = Ranking(probability, rows.y)
    calibration = lambda w=None: observed_expected(probability, rows.y, w)  # noqa: E731
    return {
        "known": rounded(1 - np.isnan(x).mean(), 3),
        "auc": rounded(ranked.auc()),
        "auc_ci": interval(resample(rows.customers, seed, ranked.auc, SAMPLES)),
        "observed_expected": rounded(calibration()),
        "observed_expected_ci": interval(resample(rows.customers, seed, calibration, SAMPLES)),
        "above_low": rounded(np.mean(risk_score(probability, action) >= LEVELS[1][1]), 4),
    }


def _shown(rows: Rows, catalogue: Catalogue, random: np.random.Generator) -> Rows:
    again = rows.take(rows.name, np.flatnonzero(random.random(len(rows.y)) < SHOWN_SHARE))
    again = replace(again, x=silenced(again.x, catalogue, random))
    join = lambda name: np.concatenate([getattr(rows, name), getattr(again, name)])  # noqa: E731
    columns = {name: join(name) for name in ("x", "y", "customers", "t_ms", "lag_days", "at")}
    return replace(rows, **columns, oracle=None, attributes={})
