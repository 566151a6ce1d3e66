"""Fitting: the forest by a fixed search budget, its calibration on rows of its own, and the baselines beside it."""

from dataclasses import dataclass

import numpy as np
import xgboost as xgb
from sklearn.impute import SimpleImputer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer

from .dataset import Slice

MAX_TREES = 240
# The whole search: tried in this order, the lowest validation log-loss wins, an earlier one at a tie.
SEARCH = [
    {"max_depth": depth, "min_child_weight": weight, "eta": eta}
    for depth in (3, 4)
    for weight in (5, 20)
    for eta in (0.06, 0.12)
]
LEAST_POSITIVES_FOR_ISOTONIC = 1000
LEAST_POSITIVES_A_POINT = 50


@dataclass(frozen=True)
class Fit:
    booster: xgb.Booster
    parameters: dict
    trees: int
    tried: list[dict]


def fit_forest(train: Slice, valid: Slice, directions: list[int], seed: int) -> Fit:
    """XGBoost with monotone constraints from the catalogue's direction of risk; early stopping on later customers."""
    rows, held = xgb.DMatrix(train.x, train.y, nthread=1), xgb.DMatrix(valid.x, valid.y, nthread=1)
    best, tried = None, []
    for choice in SEARCH:
        parameters = {
            "objective": "binary:logistic",
            "eval_metric": "logloss",
            "tree_method": "hist",
            "nthread": 1,
            "seed": seed,
            "subsample": 0.8,
            "colsample_bytree": 0.6,
            "lambda": 2.0,
            "base_score": float(np.float32(train.y.mean())),
            "monotone_constraints": "(" + ",".join(str(d) for d in directions) + ")",
            **choice,
        }
        booster = xgb.train(
            parameters, rows, MAX_TREES, evals=[(held, "valid")], early_stopping_rounds=25, verbose_eval=False
        )
        trees = booster.best_iteration + 1
        tried.append({**choice, "trees": trees, "valid_log_loss": round(booster.best_score, 6)})
        if best is None or booster.best_score < best[0]:
            best = (booster.best_score, booster[:trees], parameters, trees)
    return Fit(best[1], best[2], best[3], tried)


def margins(booster: xgb.Booster, x: np.ndarray) -> np.ndarray:
    return booster.predict(xgb.DMatrix(x, nthread=1), output_margin=True).astype(np.float64)


def fit_calibration(margin: np.ndarray, y: np.ndarray) -> dict:
    """Isotonic from 1,000 positives up, else Platt; in the form that services/domain/scoring/calibration.ts reads."""
    if y.sum() < LEAST_POSITIVES_FOR_ISOTONIC:
        model = LogisticRegression(C=1e6).fit(margin[:, None], y)
        return {"kind": "platt", "slope": float(model.coef_[0, 0]), "intercept": float(model.intercept_[0])}
    order = np.argsort(margin, kind="stable")
    x, labels = margin[order], y[order].astype(float)
    fitted = IsotonicRegression().fit_transform(x, labels)
    starts = np.flatnonzero(np.r_[True, np.diff(fitted) > 0])
    blocks = [[labels[a:b].sum(), float(b - a), x[a:b].sum()] for a, b in zip(starts, np.r_[starts[1:], len(x)])]
    points = [(block[2] / block[1], block[0] / block[1]) for block in _merge_thin(blocks)]
    rates = np.array([p for _, p in points])
    return {
        "kind": "isotonic",
        "margins": [float(m) for m, _ in points],
        "logOdds": [float(v) for v in np.log(rates / (1 - rates))],
    }


def _merge_thin(blocks: list[list[float]]) -> list[list[float]]:
    """Joins neighbours until each point rests on enough positives and negatives to have odds that mean something."""
    merged: list[list[float]] = []
    for block in blocks:
        if merged and not _thick(merged[-1]):
            merged[-1] = [a + b for a, b in zip(merged[-1], block, strict=True)]
        else:
            merged.append(list(block))
    while len(merged) > 1 and not _thick(merged[-1]):
        last = merged.pop()
        merged[-1] = [a + b for a, b in zip(merged[-1], last, strict=True)]
    return merged


def _thick(block: list[float]) -> bool:
    return min(block[0], block[1] - block[0]) >= LEAST_POSITIVES_A_POINT


def calibrate(calibration: dict, margin: np.ndarray) -> np.ndarray:
    """The same function as services/domain/scoring/calibration.ts."""
    if calibration["kind"] == "platt":
        log_odds = calibration["slope"] * margin + calibration["intercept"]
    else:
        xs, ys = np.array(calibration["margins"]), np.array(calibration["logOdds"])
        log_odds = np.interp(margin, xs, ys) + np.minimum(margin - xs[0], 0) + np.maximum(margin - xs[-1], 0)
    return 1 / (1 + np.exp(-log_odds))


def fit_logistic(train: Slice, seed: int):
    """Logistic regression on ranks with indicators of what is unknown."""
    # A feature that is nowhere known has no rank: it becomes the constant 0.
    model = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        QuantileTransformer(n_quantiles=200, output_distribution="normal", subsample=None, random_state=seed),
        LogisticRegression(C=0.1, max_iter=500),
    )
    return model.fit(_clean(train.x), train.y)


def logistic_probability(model, x: np.ndarray) -> np.ndarray:
    return model.predict_proba(_clean(x))[:, 1]


def best_single(train: Slice, names: list[str]) -> tuple[int, int, float]:
    """Index, sign and training AUC of the one feature that ranks best alone; unknown counts as the median."""
    best = (0, 1, 0.5)
    for index, _ in enumerate(names):
        column = one_line(train.x, index, 1)
        auc = roc_auc_score(train.y, column)
        sign = 1 if auc >= 0.5 else -1
        if max(auc, 1 - auc) > best[2]:
            best = (index, sign, max(auc, 1 - auc))
    return best


def one_line(x: np.ndarray, index: int, sign: int) -> np.ndarray:
    column = x[:, index].astype(np.float64)
    known = column[~np.isnan(column)]
    return sign * np.where(np.isnan(column), np.median(known) if len(known) else 0.0, column)


def _clean(x: np.ndarray) -> np.ndarray:
    return np.where(np.isinf(x), np.nan, x).astype(np.float64)


__all__ = ["Fit", "best_single", "calibrate", "fit_calibration", "fit_forest", "fit_logistic", "log_loss",
           "logistic_probability", "margins", "one_line"]
