"""
XGBoost's side of the SHAP benchmark: trains the models, writes them as the engine reads them, and times `pred_contribs`.

`shap.py DIR` writes DIR/<trees>-<depth>.forest.json, DIR/rows.f32 and DIR/<trees>-<depth>.contribs.f32, prints "ready", then
answers each line "TREES DEPTH BATCH" by the microseconds a row of one timed pass, on one thread, the DMatrix built before.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import xgboost as xgb

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models" / "training"))
from pde_training.export import forest_document  # noqa: E402

MODELS = [(200, 4), (300, 6)]
INPUTS = 32
MISSING = 0.05
TRAINING_ROWS = 20_000
ROWS = 1_000
"""Passes of single rows are timed over so many different rows."""
SINGLE_ROWS = 50
SEED = 11


def table(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Normal, skewed and counting inputs; a label that depends on all of them, in pairs too."""
    values = random.normal(size=(rows, INPUTS))
    weights = np.linspace(1, 0.1, INPUTS) * np.where(np.arange(INPUTS) % 3 == 0, -1, 1)
    logit = values @ weights * 0.6 + (values * np.roll(values, 5, axis=1)) @ weights * 0.4 - 1.5
    label = random.random(rows) < 1 / (1 + np.exp(-logit))
    values[:, 1::3] = np.exp(values[:, 1::3])
    values[:, 2::3] = np.round(values[:, 2::3] * 12)
    values[random.random(values.shape) < MISSING] = np.nan
    return values.astype(np.float32), label


def train(trees: int, depth: int, values: np.ndarray, label: np.ndarray) -> xgb.Booster:
    settings = {
        "objective": "binary:logistic", "max_depth": depth, "eta": 0.1, "min_child_weight": 1, "tree_method": "hist",
        "base_score": 0.3, "nthread": 1, "seed": SEED,
    }  # fmt: skip
    return xgb.train(settings, xgb.DMatrix(values, label, nthread=1), trees)


def main(directory: Path) -> None:
    random = np.random.default_rng(SEED)
    values, label = table(random, TRAINING_ROWS)
    rows, _ = table(random, ROWS)
    rows.tofile(directory / "rows.f32")
    batches = {
        ROWS: [xgb.DMatrix(rows, nthread=1)],
        1: [xgb.DMatrix(rows[i : i + 1], nthread=1) for i in range(SINGLE_ROWS)],
    }
    boosters = {}
    for trees, depth in MODELS:
        booster = train(trees, depth, values, label)
        booster.set_param({"nthread": 1})
        boosters[trees, depth] = booster
        name = f"{trees}-{depth}"
        forest = forest_document(booster, [f"f{i}" for i in range(INPUTS)])
        (directory / f"{name}.forest.json").write_text(json.dumps(forest))
        booster.predict(batches[ROWS][0], pred_contribs=True).astype(np.float32).tofile(directory / f"{name}.contribs.f32")
    print("ready", flush=True)
    for line in sys.stdin:
        trees, depth, batch = map(int, line.split())
        booster, matrices = boosters[trees, depth], batches[batch]
        start = time.perf_counter()
        for matrix in matrices:
            booster.predict(matrix, pred_contribs=True)
        print((time.perf_counter() - start) * 1e6 / (len(matrices) * batch), flush=True)


main(Path(sys.argv[1]))
