"""Metrics on held-out rows, with intervals by resampling customers (rows of one customer are not independent)."""

import numpy as np
from scipy.optimize import minimize
from sklearn.metrics import average_precision_score, roc_auc_score

BOOTSTRAPS = 400
ECE_BINS = 15


def evaluate(probability: np.ndarray, y: np.ndarray, customers: np.ndarray, seed: int) -> dict:
    """Point values, and the 2.5 % and 97.5 % quantiles of AUC and PR-AUC over resampled customers."""
    ids = np.unique(customers, return_inverse=True)[1]
    random = np.random.default_rng(seed)
    draws = {"auc": [], "pr_auc": []}
    for _ in range(BOOTSTRAPS):
        weight = np.bincount(random.integers(0, ids.max() + 1, ids.max() + 1), minlength=ids.max() + 1)[ids]
        if (weight * y).sum() == 0:
            continue
        draws["auc"].append(roc_auc_score(y, probability, sample_weight=weight))
        draws["pr_auc"].append(average_precision_score(y, probability, sample_weight=weight))
    clipped = np.clip(probability, 1e-9, 1 - 1e-9)
    return {
        "rows": int(len(y)),
        "positives": int(y.sum()),
        "customers": int(ids.max() + 1),
        "auc": _round(roc_auc_score(y, probability)),
        "auc_ci": [_round(q) for q in np.quantile(draws["auc"], [0.025, 0.975])],
        "pr_auc": _round(average_precision_score(y, probability)),
        "pr_auc_ci": [_round(q) for q in np.quantile(draws["pr_auc"], [0.025, 0.975])],
        "brier": _round(np.mean((probability - y) ** 2), 6),
        "log_loss": _round(-np.mean(y * np.log(clipped) + (1 - y) * np.log(1 - clipped)), 6),
        "ece": _round(_ece(probability, y), 6),
        "calibration_slope": _round(_slope(clipped, y)),
        "observed_expected": _round(y.mean() / probability.mean()),
    }


def ranking(score: np.ndarray, y: np.ndarray) -> dict:
    """For a baseline that ranks but gives no probability."""
    return {"auc": _round(roc_auc_score(y, score)), "pr_auc": _round(average_precision_score(y, score))}


def reliability(probability: np.ndarray, y: np.ndarray) -> list[dict]:
    """Predicted and observed rate in ten bins of equal size."""
    order = np.argsort(probability, kind="stable")
    return [
        {
            "rows": len(part),
            "predicted": _round(probability[part].mean(), 5),
            "observed": _round(y[part].mean(), 5),
        }
        for part in np.array_split(order, 10)
    ]


def by_level(probability: np.ndarray, y: np.ndarray, action: float) -> list[dict]:
    """Rows, observed and expected rate by risk level; levels as services/domain/scoring/risk.ts."""
    raised = probability * (1 - action)
    score = raised / (raised + (1 - probability) * action)
    edges = [("LOW", 0.0, 0.3), ("MEDIUM", 0.3, 0.5), ("HIGH", 0.5, 0.7), ("CRITICAL", 0.7, 1.1)]
    rows = []
    for level, low, high in edges:
        part = (score >= low) & (score < high)
        n = int(part.sum())
        rows.append(
            {
                "level": level,
                "rows": n,
                "share": _round(n / len(y), 5),
                "predicted": _round(probability[part].mean(), 5) if n else None,
                "observed": _round(y[part].mean(), 5) if n else None,
            }
        )
    return rows


def _ece(probability: np.ndarray, y: np.ndarray) -> float:
    order = np.argsort(probability, kind="stable")
    parts = np.array_split(order, ECE_BINS)
    return sum(len(p) * abs(probability[p].mean() - y[p].mean()) for p in parts if len(p)) / len(y)


def _slope(probability: np.ndarray, y: np.ndarray) -> float:
    """Slope of a logistic regression of the label on the predicted log-odds; 1 is neither over- nor underconfident."""
    z = np.log(probability / (1 - probability))

    def loss(ab: np.ndarray) -> float:
        m = ab[0] + ab[1] * z
        return np.mean(np.logaddexp(0, m) - y * m)

    return float(minimize(loss, np.array([0.0, 1.0]), method="BFGS").x[1])


def _round(value: float, digits: int = 4) -> float:
    return round(float(value), digits)
