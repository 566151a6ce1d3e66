"""What stands behind one figure: breakdowns of the test rows, refits without a group of features, other seeds."""

from collections.abc import Callable

import numpy as np
import xgboost as xgb

from .calibration import calibrate
from .dataset import Catalogue, Rows
from .fit import Fit, margins, refit
from .metrics import Ranking, auc, interval, log_loss, observed_expected, resample, rounded

# A file of less history is thin, and is told by these bands.
THIN_FILE_DAYS = 180
THIN_BANDS = ((0, 60), (60, 120), (120, THIN_FILE_DAYS))
LEAST_POSITIVES = 20
SEEDS = 10


def breakdowns(probability: np.ndarray, rows: Rows, inputs: list[str], seed: int) -> dict:
    parts = {"month": rows.t_ms.astype("datetime64[ms]").astype("datetime64[M]").astype(str)}
    if "pay_cycle" in rows.attributes:
        parts["pay_cycle"] = rows.attributes["pay_cycle"]
    return {name: _by(key, probability, rows, seed) for name, key in parts.items()}


def thin_files(probability_of: Callable[[np.ndarray], np.ndarray], rows: Rows, inputs: list[str], seed: int) -> list[dict]:
    """By length of history, each band told though it be empty."""
    days = rows.x[:, inputs.index("history_days")]
    found = []
    for low, high in THIN_BANDS:
        part = rows.take("thin", (days >= low) & (days < high))
        title = f"{low} to {high - 1} days"
        none = {"of": title, "rows": 0, "positives": 0}
        found += _by(np.full(len(part.y), title), probability_of(part.x), part, seed) if len(part.y) else [none]
    return found


def without_groups(fitted: Fit, rows: Rows, catalogue: Catalogue, seed: int) -> list[dict]:
    """Refits with everything fixed but one group of features left out; the differences are paired on the same rows."""
    inputs = catalogue.inputs
    whole = Ranking(margins(fitted.booster, rows.x), rows.y)
    found = []
    for group in dict.fromkeys(catalogue.groups[name] for name in inputs):
        columns = [i for i, name in enumerate(inputs) if catalogue.groups[name] != group]
        booster = refit(fitted.rows, fitted.parameters, fitted.trees, columns)
        part = Ranking(margins(booster, np.ascontiguousarray(rows.x[:, columns])), rows.y)
        lost = resample(rows.customers, seed, lambda w, part=part: whole.auc(w) - part.auc(w), 400)
        found.append(
            {
                "group": group,
                "features": len(inputs) - len(columns),
                "auc_without": rounded(part.auc()),
                "auc_lost": rounded(whole.auc() - part.auc()),
                "auc_lost_ci": interval(lost),
            }
        )
    return sorted(found, key=lambda one: -one["auc_lost"])


def other_seeds(fitted: Fit, rows: Rows, calibration: dict, seed: int) -> dict:
    """The same settings with other seeds, each without another tenth of the customers: how much of a figure is luck."""
    areas, losses = [], []
    tenth = np.random.default_rng(seed).integers(0, SEEDS, len(fitted.rows.ids))[fitted.rows.customers]
    for place in range(SEEDS):
        most = fitted.rows.take("fit", tenth != place)
        margin = margins(refit(most, fitted.parameters | {"seed": seed + 1 + place}, fitted.trees), rows.x)
        areas.append(auc(margin, rows.y))
        losses.append(log_loss(calibrate(calibration, margin), rows.y))
    return {
        "seeds": SEEDS,
        "auc": {"min": rounded(min(areas)), "max": rounded(max(areas)), "sd": rounded(np.std(areas, ddof=1), 5)},
        "log_loss": {"min": rounded(min(losses), 6), "max": rounded(max(losses), 6)},
    }


def importance(booster: xgb.Booster, rows: Rows, inputs: list[str], count: int = 15) -> list[list]:
    """Mean absolute contribution, margin units."""
    contributions = booster.predict(xgb.DMatrix(rows.x, nthread=1), pred_contribs=True)[:, :-1]
    weight = np.abs(contributions).mean(axis=0, dtype=np.float64)
    return [[inputs[i], rounded(weight[i])] for i in np.argsort(-weight, kind="stable")[:count]]


def _by(key: np.ndarray, probability: np.ndarray, rows: Rows, seed: int) -> list[dict]:
    found = []
    for value in np.unique(key):
        part = key == value
        positives = int(rows.y[part].sum())
        row = {"of": str(value) or "not told", "rows": int(part.sum()), "positives": positives}
        if positives >= LEAST_POSITIVES:
            ranked = Ranking(probability[part], rows.y[part])
            row["auc"] = rounded(ranked.auc())
            row["auc_ci"] = interval(resample(rows.customers[part], seed, ranked.auc, 400))
            row["observed_expected"] = rounded(observed_expected(probability[part], rows.y[part]))
        found.append(row)
    return found
