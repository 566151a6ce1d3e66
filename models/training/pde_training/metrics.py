"""Metrics on held-out rows, with intervals by resampling customers (rows of one customer are not independent)."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

BOOTSTRAPS = 1000
ECE_BINS = 10
CAPACITIES = (0.01, 0.02, 0.05, 0.10)
# Risk levels by risk score, as services/domain/scoring/risk.ts.
LEVELS = (("LOW", 0.0, 0.3), ("MEDIUM", 0.3, 0.5), ("HIGH", 0.5, 0.7), ("CRITICAL", 0.7, 1.1))


class Ranking:
    """Scores sorted once, so that AUC and average precision under any row weights cost one pass. Equal scores count half."""

    def __init__(self, scores: np.ndarray, y: np.ndarray):
        self._order = np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")
        falling = np.asarray(scores)[self._order]
        self._ends = np.flatnonzero(np.r_[falling[1:] != falling[:-1], True])
        self._y = np.asarray(y, dtype=np.float64)[self._order]

    def _counts(self, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Positives and negatives at or above each distinct score, from the highest."""
        w = np.ones(len(self._y)) if weights is None else weights[self._order]
        return np.cumsum(w * self._y)[self._ends], np.cumsum(w * (1 - self._y))[self._ends]

    def auc(self, weights: np.ndarray | None = None) -> float:
        hits, alarms = self._counts(weights)
        before = np.r_[0.0, hits[:-1]]
        return float(np.sum(np.diff(np.r_[0.0, alarms]) * (before + hits)) / (2 * hits[-1] * alarms[-1]))

    def average_precision(self, weights: np.ndarray | None = None) -> float:
        hits, alarms = self._counts(weights)
        gained = np.diff(np.r_[0.0, hits])
        # Where all leading rows weigh 0 there is no precision, and nothing is gained there either.
        seen = np.maximum(hits + alarms, np.finfo(float).tiny)
        return float(np.sum(gained * hits / seen) / hits[-1])


def auc(scores: np.ndarray, y: np.ndarray) -> float:
    return Ranking(scores, y).auc()


def resample(customers: np.ndarray, seed: int, statistic: Callable[[np.ndarray], float], samples: int = BOOTSTRAPS) -> np.ndarray:
    """`statistic(row weights)` over customers drawn with replacement; a seed draws the same customers for every statistic."""
    codes = np.unique(customers, return_inverse=True)[1]
    count = int(codes.max()) + 1
    random = np.random.default_rng(seed)
    return np.array(
        [
            statistic(np.bincount(random.integers(0, count, count), minlength=count).astype(np.float64)[codes])
            for _ in range(samples)
        ]
    )


def interval(values: np.ndarray, digits: int = 4) -> list[float]:
    return [rounded(q, digits) for q in np.quantile(values, [0.025, 0.975])]


def evaluate(probability: np.ndarray, y: np.ndarray, customers: np.ndarray, seed: int) -> dict:
    """Point values, and the 2.5 % and 97.5 % quantiles over resampled customers."""
    ranked = Ranking(probability, y)
    return {
        "rows": int(len(y)),
        "positives": int(y.sum()),
        "customers": int(len(np.unique(customers))),
        "auc": rounded(ranked.auc()),
        "auc_ci": interval(resample(customers, seed, ranked.auc)),
        "pr_auc": rounded(ranked.average_precision()),
        "pr_auc_ci": interval(resample(customers, seed, ranked.average_precision)),
        "brier": rounded(np.mean((probability - y) ** 2), 6),
        "log_loss": rounded(log_loss(probability, y), 6),
        "ece": rounded(_ece(probability, y), 6),
        "calibration_slope": rounded(slope(probability, y)),
        "calibration_slope_ci": interval(resample(customers, seed, lambda w: slope(probability, y, w), 200)),
        "observed_expected": rounded(observed_expected(probability, y)),
        "observed_expected_ci": interval(resample(customers, seed, lambda w: observed_expected(probability, y, w))),
    }


def ranking_only(score: np.ndarray, y: np.ndarray, customers: np.ndarray, seed: int) -> dict:
    """For what ranks but gives no probability."""
    ranked = Ranking(score, y)
    return {
        "auc": rounded(ranked.auc()),
        "auc_ci": interval(resample(customers, seed, ranked.auc)),
        "pr_auc": rounded(ranked.average_precision()),
    }


def lift_share(score: np.ndarray, reference: np.ndarray, y: np.ndarray, customers: np.ndarray, seed: int) -> dict:
    """(AUC - 0.5) of a score as a share of a reference's on the same rows, resampled together."""
    one, other = Ranking(score, y), Ranking(reference, y)
    share = lambda w=None: (one.auc(w) - 0.5) / (other.auc(w) - 0.5)  # noqa: E731
    return {"share": rounded(share()), "share_ci": interval(resample(customers, seed, share))}


def log_loss(probability: np.ndarray, y: np.ndarray) -> float:
    p = np.clip(probability, 1e-9, 1 - 1e-9)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


def observed_expected(probability: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> float:
    w = np.ones(len(y)) if weights is None else weights
    return float((w * y).sum() / (w * probability).sum())


def slope(probability: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Slope of a logistic regression of the label on the predicted log-odds; 1 is neither over- nor underconfident."""
    p = np.clip(probability, 1e-9, 1 - 1e-9)
    z = np.log(p / (1 - p))
    w = np.full(len(y), 1 / len(y)) if weights is None else weights / weights.sum()

    def loss(ab: np.ndarray) -> tuple[float, np.ndarray]:
        m = ab[0] + ab[1] * z
        error = w * (1 / (1 + np.exp(-m)) - y)
        return float(np.sum(w * (np.logaddexp(0, m) - y * m))), np.array([error.sum(), (error * z).sum()])

    return float(minimize(loss, np.array([0.0, 1.0]), jac=True, method="BFGS").x[1])


def reliability(probability: np.ndarray, y: np.ndarray) -> list[dict]:
    """Predicted and observed rate in ten bins of equal size."""
    order = np.argsort(probability, kind="stable")
    return [
        {"rows": len(part), "predicted": rounded(probability[part].mean(), 5), "observed": rounded(y[part].mean(), 5)}
        for part in np.array_split(order, ECE_BINS)
    ]


def by_level(probability: np.ndarray, y: np.ndarray, customers: np.ndarray, action: float, seed: int) -> list[dict]:
    """Rows, expected and observed misses by risk level."""
    score = risk_score(probability, action)
    rows = []
    for level, low, high in LEVELS:
        part = (score >= low) & (score < high)
        n, expected, observed = int(part.sum()), float(probability[part].sum()), int(y[part].sum())
        rows.append(
            {
                "level": level,
                "rows": n,
                "share": rounded(n / len(y), 5),
                "predicted": rounded(expected / n, 5) if n else None,
                "observed": rounded(observed / n, 5) if n else None,
                "positives": observed,
                "observed_expected": rounded(observed / expected) if n else None,
                "observed_expected_ci": _ratio_interval(probability[part], y[part], customers[part], seed) if n else None,
            }
        )
    return rows


def _ratio_interval(probability: np.ndarray, y: np.ndarray, customers: np.ndarray, seed: int) -> list[float]:
    return interval(resample(customers, seed, lambda w: observed_expected(probability, y, w)))


def at_capacity(probability: np.ndarray, y: np.ndarray) -> list[dict]:
    """What contacting the riskiest share of the rows would reach."""
    order = np.argsort(-probability, kind="stable")
    rows = []
    for share in CAPACITIES:
        reached = y[order[: max(1, round(share * len(y)))]]
        rows.append(
            {
                "share": share,
                "rows": len(reached),
                "precision": rounded(reached.mean()),
                "lift": rounded(reached.mean() / y.mean(), 2),
                "recall": rounded(reached.sum() / y.sum()),
            }
        )
    return rows


def risk_score(probability: np.ndarray, action: float) -> np.ndarray:
    """o / (o + o_H), as services/domain/scoring/risk.ts."""
    raised = probability * (1 - action)
    return raised / (raised + (1 - probability) * action)


def rounded(value: float, digits: int = 4) -> float:
    return round(float(value), digits)


def _ece(probability: np.ndarray, y: np.ndarray) -> float:
    order = np.argsort(probability, kind="stable")
    parts = np.array_split(order, ECE_BINS)
    return sum(len(p) * abs(probability[p].mean() - y[p].mean()) for p in parts if len(p)) / len(y)
