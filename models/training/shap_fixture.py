"""
Writes services/domain/scoring/kernel/xgboost.fixture.json: small random models with XGBoost's own contributions, which both of the
engine's kernels must reproduce. Run by `models/training/.venv/bin/python models/training/shap_fixture.py`.
"""

import json
from pathlib import Path

import numpy as np
import xgboost as xgb
from pde_training.export import forest_document, golden_document

OUT = Path(__file__).resolve().parents[2] / "services" / "domain" / "scoring" / "kernel" / "xgboost.fixture.json"
ROWS = 24
# name, trees, depth, inputs, method
MODELS = [("stumps", 6, 1, 4, "hist"), ("depth 4", 6, 4, 8, "exact"), ("depth 6", 5, 6, 12, "hist"), ("depth 8", 2, 8, 5, "exact")]


def fixture(name: str, trees: int, depth: int, inputs: int, method: str, seed: int) -> dict:
    random = np.random.default_rng(seed)
    values = random.normal(size=(2_000, inputs))
    label = random.random(2_000) < 1 / (1 + np.exp(-values[:, 0] - values[:, 1] * values[:, -1]))
    values[random.random(values.shape) < 0.1] = np.nan
    settings = {
        "objective": "binary:logistic", "max_depth": depth, "eta": 0.3, "tree_method": method, "base_score": 0.3,
        "nthread": 1, "seed": seed,
    }  # fmt: skip
    booster = xgb.train(settings, xgb.DMatrix(values.astype(np.float32), label, nthread=1), trees)
    forest = forest_document(booster, [f"f{i}" for i in range(inputs)])
    golden = golden_document(booster, forest, seed)
    rows, contributions = golden["rows"][:ROWS], golden["contributions"][:ROWS]
    return {"name": name, "forest": forest, "rows": rows, "contributions": contributions}


documents = [fixture(*model, seed) for seed, model in enumerate(MODELS, start=41)]
OUT.write_text("[\n" + ",\n".join(json.dumps(document, separators=(",", ":")) for document in documents) + "\n]\n")
