"""
Trains a model from a table and writes its artefacts: `python train.py --table T --settings S --out DIR …`. Run by `npm run train`,
which makes the tables and the settings (catalogue, bounds of the gates). Same tables, settings, seed and libraries: same bytes.
"""

import argparse
import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from pde_training import artefacts, baselines, calibration, card, dataset, export, fit, judge, silences

LIBRARIES = ("xgboost-cpu", "numpy", "scikit-learn", "scipy", "pyarrow", "onnx")
POLICY = {"version": "1", "actionProbability": 0.10}
HORIZON_DAYS = 45
GRACE_DAYS = 30
# Walking the exported trees in float64 and XGBoost's float32 sum differ by rounding only.
LARGEST_EXPORT_ERROR = 1e-4


def main() -> None:
    args = _arguments()
    catalogue = dataset.read_catalogue(args.settings)
    bounds = json.loads(args.settings.read_text())["bounds"]
    inputs = catalogue.inputs
    _say("reading the table")
    split = dataset.split(dataset.read_table(args.table, catalogue), dataset.read_table(args.calibration, catalogue))
    learned = split if args.ceiling else silences.shown(split, catalogue, args.seed)
    _say(f"searching and fitting on {len(learned.fit.y)} rows")
    budget = fit.CEILING if args.ceiling else fit.CHAMPION
    fitted = fit.fit_forest(learned, [catalogue.directions[name] for name in inputs], args.seed, budget)
    forest = export.forest_document(fitted.booster, inputs)
    _assert_exported(fitted, forest, split.test)
    held = split.calibration
    calibrated = calibration.fit_calibration(fit.margins(fitted.booster, held.x), held.y)
    model = judge.Model(catalogue, fitted, calibrated, baselines.fit_baselines(split.fit, inputs), POLICY["actionProbability"])
    paths = {"fresh": args.fresh, "disparity": args.disparity, "shift": args.shift}
    banks = {name: _bank(path, catalogue) for name, path in paths.items() if path}
    ceiling = None if args.ceiling else _ceiling(args, inputs)
    metrics = judge.judge(model, split, banks, ceiling, bounds, args.seed, _say, thorough=not args.ceiling)
    _assert_whole(args, metrics)
    manifest = _manifest(args, catalogue, fitted, forest)
    artefacts.write_model(
        args.out,
        manifest,
        {
            "model.onnx": export.onnx_bytes(forest),
            "forest.json": artefacts.json_bytes(forest),
            "calibration.json": artefacts.json_bytes(calibrated),
            "policy.json": artefacts.json_bytes(POLICY),
            "baselines.json": artefacts.json_bytes(model.baselines, indent=1),
            "drift.json": artefacts.json_bytes(judge.drift_reference(model, split)),
            "golden.json": artefacts.json_bytes(export.golden_document(fitted.booster, forest, args.seed)),
            "metrics.json": artefacts.json_bytes(metrics, indent=1),
            "card.md": card.card(manifest, metrics).encode(),
        },
    )
    if args.test_rows:
        dataset.write_rows(args.test_rows, args.table, split.test.at)
    print(json.dumps({"name": args.name, "version": args.version, "test": metrics["test"]}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    needed = {
        "table": "table to train on",
        "calibration": "table of other customers of the same bank, to calibrate on",
        "settings": "catalogue, silences and bounds",
        "out": "folder of the model",
    }
    for name, about in needed.items():
        parser.add_argument(f"--{name}", type=Path, required=True, help=about)
    for name in ("name", "version"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--fresh", type=Path, help="table of a bank of another seed")
    parser.add_argument("--disparity", type=Path, help="table of a bank in which a disparity is planted")
    parser.add_argument("--shift", type=Path, help="table of a bank whose world has changed")
    parser.add_argument("--test-rows", type=Path, help="where to leave the test rows as a table")
    parser.add_argument("--ceiling", action="store_true", help="train what can be seen at all, never to be promoted")
    parser.add_argument("--ceiling-model", type=Path, help="folder of the ceiling, to compare with")
    parser.add_argument("--draft", action="store_true", help="oracle, ceiling and the other banks may be missing")
    return parser.parse_args()


def _bank(path: Path, catalogue: dataset.Catalogue) -> dataset.Rows:
    rows = dataset.read_table(path, catalogue)
    return rows.take(path.stem, rows.lag_days == 0)


def _ceiling(args, inputs: list[str]) -> dict | None:
    """The ceiling's forest, if it takes the same inputs."""
    folder = args.ceiling_model
    if folder is None or not (folder / "forest.json").exists():
        return None
    forest = json.loads((folder / "forest.json").read_text())
    if forest["features"] != inputs:
        raise SystemExit(f"the ceiling in {folder.name} has other inputs than this feature set: train it anew")
    return forest


def _assert_exported(fitted: fit.Fit, forest: dict, rows: dataset.Rows) -> None:
    error = np.abs(export.forest_margins(forest, rows.x) - fit.margins(fitted.booster, rows.x)).max()
    if not error <= LARGEST_EXPORT_ERROR:
        raise SystemExit(f"the exported forest differs from the fitted one by {error}, more than {LARGEST_EXPORT_ERROR}")


def _assert_whole(args, metrics: dict) -> None:
    """A model that ships is shown between a one-line baseline and both ceilings; a draft need not be."""
    if args.draft or args.ceiling:
        return
    missing = [
        name for name in ("oracle", "ceiling", "fresh", "fairness", "planted_disparity", "shift") if metrics.get(name) is None
    ]
    if missing:
        raise SystemExit(f"not measured: {', '.join(missing)}; a model without them is a draft (--draft)")


def _manifest(args, catalogue, fitted: fit.Fit, forest: dict) -> dict:
    sidecar = json.loads(args.table.with_suffix(".json").read_text())
    others = {"fresh": args.fresh, "disparity": args.disparity, "shift": args.shift}
    tables = {"table": args.table, "calibration": args.calibration, **others}
    return {
        "format": "pde-model/1",
        "name": args.name,
        "version": args.version,
        "promotable": not args.ceiling,
        "featureSetVersion": catalogue.version,
        "inputs": catalogue.inputs,
        "horizonDays": HORIZON_DAYS,
        "graceDays": GRACE_DAYS,
        "seed": args.seed,
        "embargoDays": dataset.EMBARGO_DAYS,
        "model": {"trees": len(forest["trees"]), "depth": fitted.parameters["max_depth"]},
        "data": {
            "sha256": artefacts.sha256_of(args.table),
            "tables": {name: artefacts.sha256_of(path) for name, path in tables.items() if path},
            "banks": {name: _facts(path) for name, path in tables.items() if path},
            "sidecar": sidecar,
        },
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def _facts(path: Path) -> dict:
    return json.loads(path.with_suffix(".json").read_text())["bank"]


def _say(what: str) -> None:
    print(f"train: {time.process_time():.0f} s of CPU: {what}", file=sys.stderr)


if __name__ == "__main__":
    main()
