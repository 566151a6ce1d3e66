"""
Trains the model of loans from a table of `simulator loans` and writes its artefacts: `python berka.py --table T --settings S --out
DIR …`. Run by `npm run train -- --name berka`. Same table, settings, seed and libraries: the same bytes.

The shipped forest is cross-fitted: its trees come in as many groups as there are folds by grant date, each fitted without its fold.
So a loan of the training period can be scored by trees that have not seen it, and no list of accounts has to be kept.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from pde_training import artefacts, berka_card, berka_study, calibration, export
from pde_training.berka_folds import fixed_folds
from pde_training.berka_forest import booster_of, fit_trees, forest_document, margins
from pde_training.berka_study import Loans
from pde_training.metrics import Ranking, auc, evaluate, interval, reliability, resample, rounded

LIBRARIES = ("scikit-learn", "xgboost-cpu", "numpy", "scipy", "pyarrow", "onnx")
FOLDS = 10
TREES_A_FOLD = 60
SEEDS = 10
# The longest loan runs 60 months: a label is known then at the latest.
HORIZON_DAYS = 1826
POLICY = {"version": "1", "actionProbability": 0.10}
TERMS = ("loan_amount", "loan_payment", "loan_months")
LARGEST_EXPORT_ERROR = 1e-5


def main() -> None:
    args = _arguments()
    settings = json.loads(args.settings.read_text())
    inputs = settings["features"]
    loans = _read(args.table, inputs)
    _say("choosing a setting by repeated cross-validation")
    setting, tried = berka_study.choose(loans, args.seed)
    _say("fitting the groups of trees")
    folds = fixed_folds(loans.grants, FOLDS)
    models, margin = _fit(loans, folds, setting, args.seed)
    forest = forest_document(models, inputs)
    _assert_exported(models, forest, loans.x)
    metrics = _metrics(args, loans, inputs, setting, tried, folds, margin)
    grants = np.sort(loans.grants)
    manifest = {
        "format": "pde-model/1",
        "name": args.name,
        "version": args.version,
        "promotable": False,
        "featureSetVersion": settings["version"],
        "inputs": inputs,
        "horizonDays": HORIZON_DAYS,
        "graceDays": 0,
        "seed": args.seed,
        "model": {"trees": len(forest["trees"]), "folds": FOLDS, **asdict(setting)},
        "data": {"sha256": artefacts.sha256_of(args.table), "sidecar": json.loads(args.table.with_suffix(".json").read_text())},
        "libraries": {name: version(name) for name in LIBRARIES},
    }
    artefacts.write_model(args.out, manifest, {
        "model.onnx": export.onnx_bytes(forest),
        "forest.json": artefacts.json_bytes(forest),
        "folds.json": artefacts.json_bytes({
            "format": "pde-folds/1", "folds": FOLDS, "treesAFold": TREES_A_FOLD,
            "firstGrant": str(grants[0]), "lastGrant": str(grants[-1]),
        }),
        "calibration.json": artefacts.json_bytes(calibration.fit_calibration(margin, loans.y)),
        "policy.json": artefacts.json_bytes(POLICY),
        "golden.json": artefacts.json_bytes(export.golden_document(booster_of(forest), forest, args.seed)),
        "metrics.json": artefacts.json_bytes(metrics, indent=1),
        "card.md": berka_card.card(manifest, metrics, settings["meanings"]).encode(),
    })
    print(json.dumps({"name": args.name, "version": args.version, "out_of_fold": metrics["out_of_fold"]}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, about in (("table", "table of loans"), ("settings", "features of the set"), ("out", "folder of the model")):
        parser.add_argument(f"--{name}", type=Path, required=True, help=about)
    for name in ("name", "version"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--seed", type=int, required=True)
    return parser.parse_args()


def _read(path: Path, inputs: list[str]) -> Loans:
    table = pq.read_table(path)
    column = lambda name: table.column(name).to_numpy()  # noqa: E731
    return Loans(
        x=np.column_stack([column(name) for name in inputs]).astype(np.float32),
        y=column("label").astype(np.int64),
        never=column("never_overdrawn") == 1,
        accounts=np.array(table.column("account_id").to_pylist()),
        t_ms=column("t_ms").astype(np.int64),
        terms=np.column_stack([column(name) for name in TERMS]).astype(np.float32),
    )


def _fit(loans: Loans, folds: np.ndarray, setting, seed: int) -> tuple[list, np.ndarray]:
    """The groups of trees, and each loan's margin by the group that has not seen it."""
    margin, models = np.empty(len(loans.y)), []
    for fold in range(FOLDS):
        held = folds == fold
        model = fit_trees(loans.x[~held], loans.y[~held], setting, TREES_A_FOLD, seed * FOLDS + fold)
        margin[held] = margins(model, loans.x[held]) if held.any() else 0.0
        models.append(model)
    return models, margin


def _metrics(args, loans: Loans, inputs, setting, tried, folds, margin) -> dict:
    never, seed = loans.never, args.seed
    probability = _calibrated_out_of_fold(margin, loans.y, folds)
    _say("measuring what the choice of a setting is worth when it is cross-fitted")
    choice = berka_study.cross_fitted_choice(loans, seed)
    _say("measuring other deals of the folds, later years and other learners")
    results = {
        "loans": int(len(loans.y)),
        "positives": int(loans.y.sum()),
        "tried": tried,
        "cross_fitted_choice": choice,
        "out_of_fold": evaluate(probability, loans.y, loans.accounts, seed),
        "never_overdrawn": _ranking(margin[never], loans.y[never], loans.accounts[never], seed),
        "repeated": berka_study.repeated(
            berka_study.trees_of(setting, berka_study.SEARCH_TREES), loans, seed + 1000, berka_study.REPEATS
        ),
        "seeds": _seeds(loans, folds, setting, seed),
        "forward": berka_study.forward(loans, setting, seed),
        "others": berka_study.others(loans, setting, seed + 2000),
    }
    _say("measuring what each feature is worth when it is left out")
    results["left_out"] = berka_study.left_out(loans, inputs, setting, seed + 2000)
    results["reliability"] = reliability(probability, loans.y)
    return results


def _calibrated_out_of_fold(margin: np.ndarray, y: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Probabilities by a calibration that has not seen the loan either."""
    probability = np.empty(len(y))
    for fold in np.unique(folds):
        held = folds == fold
        probability[held] = calibration.calibrate(calibration.fit_calibration(margin[~held], y[~held]), margin[held])
    return probability


def _ranking(scores: np.ndarray, y: np.ndarray, accounts: np.ndarray, seed: int) -> dict:
    ranked = Ranking(scores, y)
    return {
        "loans": int(len(y)),
        "positives": int(y.sum()),
        "auc": rounded(ranked.auc()),
        "auc_ci": interval(resample(accounts, seed, ranked.auc)),
    }


def _seeds(loans: Loans, folds: np.ndarray, setting, seed: int) -> dict:
    """The same fit from other seeds."""
    areas = []
    for other in range(1, SEEDS + 1):
        _, margin = _fit(loans, folds, setting, seed + 100 * other)
        areas.append((auc(margin, loans.y), auc(margin[loans.never], loans.y[loans.never])))
    overall, never = np.array(areas).T
    return {
        "count": SEEDS,
        "auc": [rounded(overall.min()), rounded(overall.max())],
        "never_overdrawn_auc": [rounded(never.min()), rounded(never.max())],
    }


def _assert_exported(models: list, forest: dict, x: np.ndarray) -> None:
    error = np.abs(export.forest_margins(forest, x) - np.mean([margins(model, x) for model in models], axis=0)).max()
    if not error <= LARGEST_EXPORT_ERROR:
        raise SystemExit(f"the exported forest differs from the fitted one by {error}, more than {LARGEST_EXPORT_ERROR}")


def _say(what: str) -> None:
    print(f"train: {time.process_time():.0f} s of CPU: {what}", file=sys.stderr)


if __name__ == "__main__":
    main()
