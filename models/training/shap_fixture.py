"""
Writes services/domain/scoring/kernel/xgboost.fixture.json: small random models with XGBoost's own contributions, which both of the
engine's kernels must reproduce. Run by `models/training/.venv/bin/python models/training/shap_fixture.py`.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xgboost as xgb
from pde_training.export import forest_document, golden_document

OUT = Path(__file__).resolve().parents[2] / "services" / "domain" / "scoring" / "kernel" / "xgboost.fixture.json"
ROWS = 24
DRAWN_ROWS = 12
DRAWN = 8


@dataclass(frozen=True)
class Shape:
    """What a model is trained like. `levels` above 0: inputs are as many whole numbers, so that thresholds lie at values."""

    name: str
    trees: int
    depth: int
    inputs: int
    method: str = "hist"
    missing: float = 0.1
    levels: int = 0
    settings: dict = field(default_factory=dict)


NAMED = [
    Shape("stumps", 6, 1, 4),
    Shape("depth 4", 6, 4, 8, "exact"),
    Shape("depth 6", 5, 6, 12),
    Shape("depth 8", 2, 8, 5, "exact"),
    Shape("no tree splits", 2, 3, 3, settings={"gamma": 1e9}),
    Shape("whole numbers, nothing missing", 5, 5, 6, missing=0.0, levels=4),
    Shape("mostly missing", 5, 4, 6, missing=0.8),
    Shape("grown leaf by leaf", 3, 0, 7, settings={"grow_policy": "lossguide", "max_leaves": 12}),
    Shape("monotone", 6, 4, 5, settings={"monotone_constraints": "(1,-1,1,0,0)"}),
    Shape("deeper than tables go", 2, 11, 4, settings={"min_child_weight": 0.1}),
]


def drawn(index: int) -> Shape:
    random = np.random.default_rng([97, index])
    settings = {
        "eta": float(random.uniform(0.05, 1)),
        "lambda": float(random.uniform(0, 3)),
        "min_child_weight": float(random.uniform(0.1, 5)),
        "base_score": float(random.uniform(0.1, 0.9)),
    }
    return Shape(
        f"drawn {index}", int(random.integers(1, 6)), int(random.integers(1, 8)), int(random.integers(2, 14)),
        str(random.choice(["hist", "exact"])), float(random.uniform(0, 0.5)), int(random.choice([0, 0, 3, 9])), settings,
    )  # fmt: skip


def fixture(shape: Shape, rows: int, seed: int) -> dict:
    random = np.random.default_rng(seed)
    values = random.normal(size=(2_000, shape.inputs))
    label = random.random(2_000) < 1 / (1 + np.exp(-values[:, 0] - values[:, 1] * values[:, -1]))
    if shape.levels > 0:
        values = np.clip(np.round(values * shape.levels / 4), -shape.levels // 2, shape.levels // 2)
    values[random.random(values.shape) < shape.missing] = np.nan
    settings = {
        "objective": "binary:logistic", "max_depth": shape.depth, "eta": 0.3, "tree_method": shape.method, "base_score": 0.3,
        "nthread": 1, "seed": seed, **shape.settings,
    }  # fmt: skip
    booster = xgb.train(settings, xgb.DMatrix(values.astype(np.float32), label, nthread=1), shape.trees)
    forest = forest_document(booster, [f"f{i}" for i in range(shape.inputs)])
    golden = golden_document(booster, forest, seed)
    kept = {key: golden[key][:rows] for key in ("rows", "margins", "contributions")}
    return {"name": shape.name, "forest": forest, **kept}


documents = [fixture(shape, ROWS, seed) for seed, shape in enumerate(NAMED, start=41)]
documents += [fixture(drawn(index), DRAWN_ROWS, 1_000 + index) for index in range(DRAWN)]
OUT.write_text("[\n" + ",\n".join(json.dumps(document, separators=(",", ":")) for document in documents) + "\n]\n")
