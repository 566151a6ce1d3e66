"""
Does the model serve groups that it must not know alike? The attribute is kept apart from the inputs and used here only. The
measures and their bounds are those of the gates (services/domain/gates); each has an interval by resampling customers.
"""

import numpy as np

from .dataset import Rows
from .metrics import Ranking, interval, observed_expected, resample, rounded

SAMPLES = 400


def check(probability: np.ndarray, rows: Rows, action: float, bounds: dict, seed: int) -> dict | None:
    """
    None where the table tells no groups. `within_bounds` is None where fewer than two groups have the positives that a judgement
    needs, False where a bound is broken.
    """
    if "group" not in rows.attributes:
        return None
    told = rows.attributes["group"]
    measures = {str(g): _Measures(probability, rows.y, action, told == g) for g in np.unique(told[told != ""])}
    judged = {g: m for g, m in measures.items() if m.positives >= bounds["leastPositivesOfGroup"]}
    document = {
        "groups": [{"group": g, **m.describe(probability, rows.y), "judged": g in judged} for g, m in measures.items()],
        "disparities": [],
        "within_bounds": None,
    }
    if len(judged) < 2:
        return document
    document["disparities"] = [_disparity(name, one, limit, rows, seed) for name, one, limit in _statistics(judged, bounds)]
    document["within_bounds"] = all(d["within"] for d in document["disparities"] if d["bound"] is not None)
    return document


class _Measures:
    """One group's measures under any row weights."""

    def __init__(self, probability: np.ndarray, y: np.ndarray, action: float, member: np.ndarray):
        self.member, self.p, self.y = member, probability[member], y[member].astype(np.float64)
        self.high = self.p >= action
        self.positives = int(self.y.sum())
        self._ranked = Ranking(self.p, self.y)

    def auc(self, w: np.ndarray) -> float:
        return self._ranked.auc(w[self.member])

    def calibration(self, w: np.ndarray) -> float:
        return observed_expected(self.p, self.y, w[self.member])

    def true_positives(self, w: np.ndarray) -> float:
        return float(np.average(self.high, weights=w[self.member] * self.y))

    def false_positives(self, w: np.ndarray) -> float:
        return float(np.average(self.high, weights=w[self.member] * (1 - self.y)))

    def describe(self, probability: np.ndarray, y: np.ndarray) -> dict:
        one = np.ones(len(y))
        some = 0 < self.positives < len(self.y)
        return {
            "rows": len(self.y),
            "positives": self.positives,
            "auc": rounded(self.auc(one)) if some else None,
            "observed_expected": rounded(self.calibration(one)),
            "relative_observed_expected": rounded(self.calibration(one) / observed_expected(probability, y)),
            "true_positive_rate": rounded(self.true_positives(one)) if some else None,
            "false_positive_rate": rounded(self.false_positives(one)) if some else None,
        }


def _statistics(judged: dict[str, _Measures], bounds: dict):
    """Name, statistic of row weights, and bound (None: shown, not judged)."""
    groups = list(judged.values())
    spread = lambda of: lambda w: max(of(m, w) for m in groups) - min(of(m, w) for m in groups)  # noqa: E731
    low, high = bounds["groupCalibrationRange"]
    yield "largest relative observed/expected", lambda w: max(m.calibration(w) for m in groups) / _all(groups, w), high
    yield "smallest relative observed/expected", lambda w: min(m.calibration(w) for m in groups) / _all(groups, w), low
    yield "difference of true positive rates at HIGH", spread(_Measures.true_positives), bounds["largestOpportunityDifference"]
    yield "difference of false positive rates at HIGH", spread(_Measures.false_positives), None
    yield "difference of AUC", spread(_Measures.auc), None


def _all(groups: list[_Measures], w: np.ndarray) -> float:
    observed = sum(float((w[m.member] * m.y).sum()) for m in groups)
    return observed / sum(float((w[m.member] * m.p).sum()) for m in groups)


def _disparity(name: str, statistic, bound: float | None, rows: Rows, seed: int) -> dict:
    value = statistic(np.ones(len(rows.y)))
    below = name.startswith("smallest")
    within = None if bound is None else bool(value >= bound if below else value <= bound)
    return {
        "name": name,
        "value": rounded(value),
        "ci": interval(resample(rows.customers, seed, statistic, SAMPLES)),
        "bound": bound,
        "within": within,
    }
