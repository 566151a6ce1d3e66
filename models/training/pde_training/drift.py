"""What the rows looked like that the model learned from, so that a change can be seen: `drift.json`, and PSI against it."""

import numpy as np

BINS = 10
WATCH, ACT = 0.1, 0.25
ACTIONS = {
    "below 0.1": "none",
    "0.1 to 0.25": "look at the feed and at the feature; note what changed",
    "above 0.25": "hold promotions, check calibration on recent labels, retrain if the change stays",
}
# An empty bin counts as this share, as is usual for PSI: its logarithm must exist.
LEAST_SHARE = 1e-4


def reference(x: np.ndarray, inputs: list[str], probability: np.ndarray) -> dict:
    """Per feature and for the score: inner edges of bins of about equal size (a value at an edge lies above it), and shares."""
    return {
        "format": "pde-drift/1",
        "rows": len(x),
        "limits": {"watch": WATCH, "act": ACT},
        "actions": ACTIONS,
        "features": {name: _distribution(x[:, column]) for column, name in enumerate(inputs)},
        "probability": _distribution(probability.astype(np.float32)),
    }


def psi(distribution: dict, values: np.ndarray) -> float:
    """Population stability index of values against a reference, missing being a bin of its own."""
    now = _shares(values, distribution["edges"])
    then = np.array([*distribution["shares"], distribution["missing"]])
    now, then = np.maximum(now, LEAST_SHARE), np.maximum(then, LEAST_SHARE)
    return float(np.sum((now - then) * np.log(now / then)))


def compare(document: dict, x: np.ndarray, inputs: list[str], probability: np.ndarray) -> dict:
    """PSI of every feature and of the score, largest first."""
    values = {name: round(psi(document["features"][name], x[:, column]), 4) for column, name in enumerate(inputs)}
    return {
        "probability": round(psi(document["probability"], probability.astype(np.float32)), 4),
        "features": sorted(values.items(), key=lambda one: (-one[1], one[0])),
        "watch": sum(WATCH <= v < ACT for v in values.values()),
        "act": sum(v >= ACT for v in values.values()),
    }


def _distribution(values: np.ndarray) -> dict:
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS, method="nearest")) if len(known) else np.array([])
    edges = [float(str(edge)) for edge in edges.astype(np.float32)]
    *shares, missing = (round(float(s), 6) for s in _shares(values, edges))
    return {"edges": edges, "shares": shares, "missing": missing}


def _shares(values: np.ndarray, edges: list[float]) -> np.ndarray:
    unknown = np.isnan(values)
    bins = np.searchsorted(np.array(edges, dtype=np.float32), values[~unknown].astype(np.float32), side="right")
    counts = np.bincount(bins, minlength=len(edges) + 1)
    return np.append(counts, unknown.sum()) / len(values)
