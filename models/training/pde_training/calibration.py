"""Margin to probability, fitted on rows of its own; the same function as services/domain/scoring/calibration.ts."""

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

LEAST_POSITIVES_FOR_ISOTONIC = 1000
LEAST_POSITIVES_A_POINT = 50


def fit_calibration(margin: np.ndarray, y: np.ndarray) -> dict:
    """
    Isotonic from 1,000 positives up, else Platt. Each isotonic block becomes a point, its mean margin and rate, of a strictly rising line
    in log-odds (centred isotonic regression: Oron and Flournoy, 2017), so that no two margins share a probability and ranking loses
    nothing to ties.
    """
    if y.sum() < LEAST_POSITIVES_FOR_ISOTONIC:
        return fit_platt(margin, y)
    order = np.argsort(margin, kind="stable")
    x, labels = margin[order], y[order].astype(float)
    fitted = IsotonicRegression().fit_transform(x, labels)
    starts = np.flatnonzero(np.r_[True, np.diff(fitted) > 0])
    blocks = [[labels[a:b].sum(), float(b - a), x[a:b].sum()] for a, b in zip(starts, np.r_[starts[1:], len(x)], strict=True)]
    points = [(block[2] / block[1], block[0] / block[1]) for block in _merge_thin(blocks)]
    rates = np.array([p for _, p in points])
    return {
        "kind": "isotonic",
        "margins": [float(m) for m, _ in points],
        "logOdds": [float(v) for v in np.log(rates / (1 - rates))],
    }


def fit_platt(margin: np.ndarray, y: np.ndarray) -> dict:
    model = LogisticRegression(C=1e6).fit(margin[:, None], y)
    return {"kind": "platt", "slope": float(model.coef_[0, 0]), "intercept": float(model.intercept_[0])}


def calibrate(calibration: dict, margin: np.ndarray) -> np.ndarray:
    if calibration["kind"] == "platt":
        log_odds = calibration["slope"] * margin + calibration["intercept"]
    else:
        xs, ys = np.array(calibration["margins"]), np.array(calibration["logOdds"])
        log_odds = np.interp(margin, xs, ys) + np.minimum(margin - xs[0], 0) + np.maximum(margin - xs[-1], 0)
    return 1 / (1 + np.exp(-log_odds))


def describe_calibration(calibration: dict) -> dict:
    """What it is, and how steep."""
    if calibration["kind"] == "platt":
        return {"kind": "platt"}
    slopes = np.diff(calibration["logOdds"]) / np.diff(calibration["margins"])
    points, steepness = len(calibration["margins"]), [round(float(slopes.min()), 2), round(float(slopes.max()), 2)]
    return {"kind": "isotonic", "points": points, "slopes": steepness}


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
