"""
Trains a model from a table and writes its artefacts: `python train.py --table T --sidecar S --catalogue C --out DIR …`.
Run by `npm run train`, which makes table and catalogue. Same table, catalogue, seed and libraries: the same bytes.
"""

import argparse
import hashlib
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import xgboost as xgb

from pde_training import card, dataset, evaluate, export, fit

LIBRARIES = ("xgboost-cpu", "numpy", "scikit-learn", "scipy", "pandas", "onnx")
POLICY = {"version": "1", "actionProbability": 0.10}
HORIZON_DAYS = 45
GRACE_DAYS = 30


def main() -> None:
    args = _arguments()
    catalogue = dataset.read_catalogue(args.catalogue)
    table = dataset.read_table(args.table, catalogue)
    inputs = catalogue.inputs
    slices, by_time = dataset.split(table, inputs)
    fitted = fit.fit_forest(slices["train"], slices["valid"], [catalogue.directions[n] for n in inputs], args.seed)
    held = slices["calibration"]
    calibration = fit.fit_calibration(fit.margins(fitted.booster, held.x), held.y)
    forest = export.forest_document(fitted.booster, inputs)
    metrics = _metrics(args, catalogue, slices, fitted, calibration)
    manifest = {
        "format": "pde-model/1",
        "name": args.name,
        "version": args.version,
        "featureSetVersion": catalogue.version,
        "inputs": inputs,
        "horizonDays": HORIZON_DAYS,
        "graceDays": GRACE_DAYS,
        "seed": args.seed,
        "splitByTime": by_time,
        "embargoDays": dataset.EMBARGO_DAYS if by_time else 0,
        "model": {"trees": len(forest["trees"]), "depth": fitted.parameters["max_depth"]},
        "data": _data(args, table),
        "libraries": {name: version(name) for name in LIBRARIES},
    }
    _write(args.out, manifest, {
        "model.onnx": export.onnx_bytes(forest),
        "forest.json": _json(forest),
        "calibration.json": _json(calibration),
        "policy.json": _json(POLICY),
        "golden.json": _json(export.golden_document(fitted.booster, forest, args.seed)),
        "metrics.json": _json(metrics, indent=1),
        "card.md": card.card(manifest, metrics).encode(),
    })
    print(json.dumps({"name": args.name, "version": args.version, "test": metrics["test"]}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("table", "sidecar", "catalogue", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--command", required=True, help="how the table was made")
    return parser.parse_args()


def _metrics(args, catalogue, slices, fitted, calibration) -> dict:
    test, train, inputs = slices["test"], slices["train"], catalogue.inputs
    probability = fit.calibrate(calibration, fit.margins(fitted.booster, test.x))
    logistic = fit.logistic_probability(fit.fit_logistic(train, args.seed), test.x)
    index, sign, _ = fit.best_single(train, inputs)
    contributions = fitted.booster.predict(xgb.DMatrix(test.x, nthread=1), pred_contribs=True)[:, :-1]
    weight = np.abs(contributions).mean(axis=0)
    return {
        "slices": {name: part.describe() for name, part in slices.items()},
        "tried": fitted.tried,
        "calibration": calibration["kind"],
        "action_probability": POLICY["actionProbability"],
        "test": evaluate.evaluate(probability, test.y, test.customers, args.seed),
        "logistic": evaluate.evaluate(logistic, test.y, test.customers, args.seed),
        "one_line": [
            {"name": f"{inputs[index]} alone, the best on the training slice",
             **evaluate.ranking(fit.one_line(test.x, index, sign), test.y)},
        ],
        "levels": evaluate.by_level(probability, test.y, POLICY["actionProbability"]),
        "reliability": evaluate.reliability(probability, test.y),
        "importance": [[inputs[i], round(float(weight[i]), 4)] for i in np.argsort(-weight, kind="stable")[:15]],
    }


def _data(args, table) -> dict:
    return {
        "command": args.command,
        "sha256": hashlib.sha256(args.table.read_bytes()).hexdigest(),
        "rows": int(len(table)),
        "positives": int(table["label"].sum()),
        "customers": int(table["customer_id"].nunique()),
        "sidecar": json.loads(args.sidecar.read_text()),
    }


def _write(out: Path, manifest: dict, files: dict[str, bytes]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (out / name).write_bytes(content)
    manifest["files"] = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    (out / "manifest.json").write_bytes(_json(manifest, indent=1))


def _json(document: dict, indent: int | None = None) -> bytes:
    separators = (",", ":") if indent is None else None
    return (json.dumps(document, indent=indent, separators=separators, allow_nan=False) + "\n").encode()


if __name__ == "__main__":
    main()
