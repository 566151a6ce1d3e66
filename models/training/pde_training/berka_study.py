"""
What is measured of the loan model, all of it out of fold: the choice of a setting by repeated cross-validation, what that choice is
worth when it is cross-fitted, later years from earlier ones, other learners, the loan's terms, and each feature left out.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import xgboost as xgb
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer

from .berka_folds import dates, random_folds
from .berka_forest import Setting, fit_trees, margins
from .metrics import auc, rounded

# The whole search. The setting with the highest mean AUC less its standard error over the repeats wins, the earliest at a tie.
SEARCH = [Setting(leaf, share) for leaf in (2, 3) for share in (0.3, 0.4, 0.5)]
FOLDS = 10
REPEATS = 20
SEARCH_REPEATS = 6
SEARCH_TREES = 100
INNER_FOLDS = 5
INNER_TREES = 60
LEAST_POSITIVES_TO_LEARN_FROM = 15


@dataclass(frozen=True)
class Loans:
    """x [loans, inputs] float32, unknown as NaN; terms [loans, 3]: amount, monthly payment, months."""

    x: np.ndarray
    y: np.ndarray
    # No balance below 0 before the grant.
    never: np.ndarray
    accounts: np.ndarray
    t_ms: np.ndarray
    terms: np.ndarray

    @property
    def grants(self) -> np.ndarray:
        return dates(self.t_ms)


# Scores of test rows from training rows, labels and a seed.
Learner = Callable[[np.ndarray, np.ndarray, np.ndarray, int], np.ndarray]


def trees_of(setting: Setting, trees: int) -> Learner:
    return lambda x, y, rows, seed: margins(fit_trees(x, y, setting, trees, seed), rows)


def out_of_fold(learner: Learner, x: np.ndarray, y: np.ndarray, folds: np.ndarray, seed: int) -> np.ndarray:
    scores = np.empty(len(y))
    for fold in np.unique(folds):
        held = folds == fold
        scores[held] = learner(x[~held], y[~held], x[held], seed)
    return scores


def repeated(learner: Learner, loans: Loans, seed: int, repeats: int, x: np.ndarray | None = None) -> dict:
    """AUC out of fold, over fresh deals of the folds."""
    grants, values = loans.grants, loans.x if x is None else x
    overall, never = [], []
    for repeat in range(repeats):
        folds = random_folds(grants, loans.y, FOLDS, seed + repeat)
        scores = out_of_fold(learner, values, loans.y, folds, seed + repeat)
        overall.append(auc(scores, loans.y))
        never.append(auc(scores[loans.never], loans.y[loans.never]))
    return {
        "repeats": repeats,
        "auc": rounded(np.mean(overall)),
        "auc_sd": rounded(np.std(overall)),
        "auc_lowest": rounded(min(overall)),
        "never_overdrawn_auc": rounded(np.mean(never)),
        "never_overdrawn_auc_sd": rounded(np.std(never)),
    }


def choose(loans: Loans, seed: int) -> tuple[Setting, list[dict]]:
    tried = [(s, repeated(trees_of(s, SEARCH_TREES), loans, seed, SEARCH_REPEATS)) for s in SEARCH]
    best = max(range(len(tried)), key=lambda i: tried[i][1]["auc"] - tried[i][1]["auc_sd"] / SEARCH_REPEATS**0.5)
    return tried[best][0], [{**asdict(setting), **result} for setting, result in tried]


def cross_fitted_choice(loans: Loans, seed: int) -> dict:
    """The search repeated without each fold in turn, by an inner cross-validation: no loan is scored by a setting it chose."""
    grants = loans.grants
    folds = random_folds(grants, loans.y, FOLDS, seed)
    scores, chosen = np.empty(len(loans.y)), []
    for fold in range(FOLDS):
        held = folds == fold
        x, y = loans.x[~held], loans.y[~held]
        inner = random_folds(grants[~held], y, INNER_FOLDS, seed + 1 + fold)
        areas = [auc(out_of_fold(trees_of(setting, INNER_TREES), x, y, inner, seed), y) for setting in SEARCH]
        setting = SEARCH[int(np.argmax(areas))]
        chosen.append(asdict(setting))
        scores[held] = trees_of(setting, SEARCH_TREES)(x, y, loans.x[held], seed)
    return {
        "auc": rounded(auc(scores, loans.y)),
        "never_overdrawn_auc": rounded(auc(scores[loans.never], loans.y[loans.never])),
        "chosen": chosen,
    }


def forward(loans: Loans, setting: Setting, seed: int) -> list[dict]:
    """Fitted on the grants before a year, tested on those from it on."""
    results, years = [], loans.grants.astype("datetime64[Y]")
    for year in np.unique(years)[1:]:
        late = years >= year
        if loans.y[~late].sum() < LEAST_POSITIVES_TO_LEARN_FROM:
            continue
        scores = trees_of(setting, 4 * SEARCH_TREES)(loans.x[~late], loans.y[~late], loans.x[late], seed)
        never = loans.never[late]
        results.append({
            "from": f"{year}-01-01",
            "fit_loans": int((~late).sum()),
            "fit_positives": int(loans.y[~late].sum()),
            "loans": int(late.sum()),
            "positives": int(loans.y[late].sum()),
            "auc": rounded(auc(scores, loans.y[late])),
            "never_overdrawn_auc": rounded(auc(scores[never], loans.y[late][never])),
        })
    return results


def others(loans: Loans, setting: Setting, seed: int) -> list[dict]:
    """Other learners on the same folds, one feature alone (picked without the fold), and this learner with the loan's terms."""
    with_terms = np.hstack([loans.x, loans.terms]).astype(np.float32)
    named = [
        ("one feature alone", _one_feature, loans.x),
        ("logistic regression on normal scores", _logistic, loans.x),
        ("XGBoost, depth 3", _boosted, loans.x),
        ("this learner", trees_of(setting, SEARCH_TREES), loans.x),
        ("this learner, with the loan's terms", trees_of(setting, SEARCH_TREES), with_terms),
    ]
    return [{"name": name, **repeated(learner, loans, seed, SEARCH_REPEATS, x)} for name, learner, x in named]


def left_out(loans: Loans, inputs: list[str], setting: Setting, seed: int) -> list[dict]:
    """What is lost without each feature."""
    learner = trees_of(setting, SEARCH_TREES)
    return [
        {"without": name, **repeated(learner, loans, seed, SEARCH_REPEATS // 2, np.delete(loans.x, i, axis=1))}
        for i, name in enumerate(inputs)
    ]


def _filled(x: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unknown counts as the training rows' median."""
    middle = np.nanmedian(x, axis=0)
    return np.where(np.isnan(x), middle, x), np.where(np.isnan(rows), middle, rows)


def _one_feature(x: np.ndarray, y: np.ndarray, rows: np.ndarray, _seed: int) -> np.ndarray:
    """The training rows' best feature; as a share of the training rows, for another fold may take another feature."""
    x, rows = _filled(x, rows)
    areas = np.array([auc(column, y) for column in x.T])
    best = int(np.argmax(np.abs(areas - 0.5)))
    known = np.sort(x[:, best])
    share = (np.searchsorted(known, rows[:, best], "left") + np.searchsorted(known, rows[:, best], "right")) / (2 * len(known))
    return share if areas[best] >= 0.5 else 1 - share


def _logistic(x: np.ndarray, y: np.ndarray, rows: np.ndarray, _seed: int) -> np.ndarray:
    x, rows = _filled(x, rows)
    scale = QuantileTransformer(n_quantiles=100, output_distribution="normal")
    return make_pipeline(scale, LogisticRegression(C=0.1, max_iter=1000)).fit(x, y).decision_function(rows)


def _boosted(x: np.ndarray, y: np.ndarray, rows: np.ndarray, seed: int) -> np.ndarray:
    settings = {
        "objective": "binary:logistic",
        "max_depth": 3,
        "eta": 0.05,
        "min_child_weight": 2,
        "subsample": 0.7,
        "colsample_bytree": 0.4,
        "lambda": 5.0,
        "base_score": float(np.float32(y.mean())),
        "nthread": 1,
        "seed": seed,
    }
    booster = xgb.train(settings, xgb.DMatrix(x, y, nthread=1), 150)
    return booster.predict(xgb.DMatrix(rows, nthread=1), output_margin=True)
