"""
Writes test/fixtures/gates: a small table and small models, one good and four that the gates must refuse, so that the gates are
tested on files that XGBoost made while the tests need no Python. All rows are of synthetic banks. Made anew when the feature set
changes:

  BANK="node services/simulator/main.ts dataset --synthetic --months 18 --from-month 7"
  $BANK --customers 2500 --seed 4000 --out LEARN.parquet
  $BANK --customers 2400 --seed 4001 --oracle --out JUDGE.parquet
  models/training/.venv/bin/python models/training/gate_fixtures.py --learn LEARN.parquet --judge JUDGE.parquet --settings SETTINGS

where SETTINGS is the models/training/data/settings.json that `npm run train` leaves.
"""

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xgboost as xgb
from pde_training import artefacts, calibration, dataset, export, fit, metrics

OUT = Path(__file__).resolve().parents[2] / "test" / "fixtures" / "gates"
SEED = 7
NEGATIVES_A_POSITIVE = 1.5
# Kept small: a few inputs that matter, few and shallow trees, values of two significant digits.
INPUTS = [
    "payment_lateness_days_30d", "time_of_day_consistency_30d", "drain_mean", "cash_share_30d", "salary_amount_drop_pct",
    "discretionary_spend_drop_30d_pct", "partial_payment_share_90d", "obligations_due_45d", "late_payment_share_history",
    "income_level", "balance_drawdown_30d_pct", "history_days",
]  # fmt: skip
SETTINGS = {"max_depth": 3, "min_child_weight": 5, "eta": 0.2, "lambda": 3.0, "subsample": 1.0, "colsample_bytree": 1.0}
TREES = 30
# A share of the rows at this base rate that is neither nearly all nor nearly none.
POLICY = {"version": "1", "actionProbability": 0.35}
# The column that holds the label's shadow in leaky/table.parquet, and how often a miss casts one.
LEAKED, LEAK_SHARE = "payment_lateness_days_30d", 0.8
# The fixtures' groups are the halves by income, so that a model can tell them apart; the unfair one learned from rows in which the
# misses of the upper half count this much, and those of the lower half 2 minus this.
UNFAIR_WEIGHT = 0.3
OVERCONFIDENT = 1.7


@dataclass(frozen=True)
class Parts:
    fit: dataset.Rows
    held: dataset.Rows
    judge: dataset.Rows


def main() -> None:
    args = _arguments()
    catalogue = dataset.read_catalogue(args.settings)
    directions = [catalogue.directions[name] for name in INPUTS]
    learn, judge = (_thinned(dataset.read_table(path, catalogue, INPUTS)) for path in (args.learn, args.judge))
    half = np.random.default_rng(SEED).random(len(learn.ids)) < 0.6
    parts = Parts(learn.take("fit", half[learn.customers]), learn.take("held", ~half[learn.customers]), judge)
    leaky = Parts(*(_with_leak(part) for part in (parts.fit, parts.held, parts.judge)))
    _write_table(args.judge, judge, OUT / "table.parquet", {})
    _write_table(args.judge, judge, OUT / "leaky" / "table.parquet", {LEAKED: leaky.judge.x[:, INPUTS.index(LEAKED)]})
    good = _booster(parts.fit, directions)
    models = {
        "good": (good, parts, 1.0),
        "miscalibrated": (good, parts, OVERCONFIDENT),
        "broken-monotone": (_booster(parts.fit, [0] * len(INPUTS)), parts, 1.0),
        "unfair": (_booster(parts.fit, directions, _unfair_weights(parts.fit)), parts, 1.0),
        "leaky": (_booster(leaky.fit, directions), leaky, 1.0),
    }
    for name, (booster, own, stretch) in models.items():
        _write_model(name, booster, own, stretch, catalogue, args.learn)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("learn", "judge", "settings"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    return parser.parse_args()


def _thinned(rows: dataset.Rows) -> dataset.Rows:
    """All positives and some negatives of lag 0, values rounded."""
    random = np.random.default_rng(SEED)
    negatives = np.flatnonzero((rows.y == 0) & (rows.lag_days == 0))
    positives = np.flatnonzero((rows.y == 1) & (rows.lag_days == 0))
    kept = np.sort(np.r_[positives, random.choice(negatives, int(NEGATIVES_A_POSITIVE * len(positives)), replace=False)])
    part = rows.take(rows.name, kept)
    return replace(part, x=_rounded(part.x))


def _rounded(values: np.ndarray) -> np.ndarray:
    """Two significant digits: few distinct values make a small file."""
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 10.0 ** np.floor(np.log10(np.abs(values.astype(np.float64))))
        near = np.round(values / scale, 1) * scale
    return np.where(values == 0, 0, near).astype(np.float32)


def _with_leak(rows: dataset.Rows) -> dataset.Rows:
    random = np.random.default_rng(SEED)
    x, column = rows.x.copy(), INPUTS.index(LEAKED)
    shadow = (rows.y == 1) & (random.random(len(rows.y)) < LEAK_SHARE)
    x[shadow, column] = np.round(random.uniform(20, 90, int(shadow.sum())))
    return replace(rows, x=x)


def _upper_half(rows: dataset.Rows) -> np.ndarray:
    """Whether each row's customer has more than the median income, by their first row."""
    first = np.unique(rows.customers, return_index=True)[1]
    income = np.full(len(rows.ids), np.nan)
    income[rows.customers[first]] = rows.x[first, INPUTS.index("income_level")]
    return (income > np.nanmedian(income))[rows.customers]


def _unfair_weights(rows: dataset.Rows) -> np.ndarray:
    return np.where(rows.y == 1, np.where(_upper_half(rows), UNFAIR_WEIGHT, 2 - UNFAIR_WEIGHT), 1.0)


def _booster(rows: dataset.Rows, directions: list[int], weights: np.ndarray | None = None) -> xgb.Booster:
    parameters = {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "nthread": 1,
        "seed": SEED,
        "base_score": float(np.float32(rows.y.mean())),
        "monotone_constraints": "(" + ",".join(str(d) for d in directions) + ")",
        **SETTINGS,
    }
    return xgb.train(parameters, xgb.DMatrix(rows.x, rows.y, weight=weights, nthread=1), TREES)


def _write_model(name: str, booster: xgb.Booster, parts: Parts, stretch: float, catalogue, learn: Path) -> None:
    """@param stretch multiplies the log-odds of the fitted calibration"""
    held = parts.held
    fitted = calibration.fit_platt(fit.margins(booster, held.x), held.y)
    fitted = {"kind": "platt", "slope": fitted["slope"] * stretch, "intercept": fitted["intercept"] * stretch}
    forest = export.forest_document(booster, INPUTS)
    probability = calibration.calibrate(fitted, fit.margins(booster, parts.judge.x))
    manifest = {
        "format": "pde-model/1",
        "name": "gates",
        "version": name,
        "promotable": True,
        "featureSetVersion": catalogue.version,
        "inputs": INPUTS,
        "horizonDays": 45,
        "seed": SEED,
        "data": {"sha256": artefacts.sha256_of(learn)},
    }
    artefacts.write_model(
        OUT / name,
        manifest,
        {
            "model.onnx": export.onnx_bytes(forest),
            "forest.json": artefacts.json_bytes(forest),
            "calibration.json": artefacts.json_bytes(fitted),
            "policy.json": artefacts.json_bytes(POLICY),
            "golden.json": artefacts.json_bytes(export.golden_document(booster, forest, SEED)),
        },
    )
    print(
        name,
        {
            "rows": len(parts.judge.y),
            "auc": metrics.rounded(metrics.auc(probability, parts.judge.y)),
            "slope": metrics.rounded(metrics.slope(probability, parts.judge.y)),
            "observed_expected": metrics.rounded(metrics.observed_expected(probability, parts.judge.y)),
            "log_loss": metrics.rounded(metrics.log_loss(probability, parts.judge.y)),
        },
    )


def _write_table(source: Path, rows: dataset.Rows, path: Path, planted: dict[str, np.ndarray]) -> None:
    """The judged rows with every feature of the catalogue, the groups, and facts beside them."""
    table = pq.read_table(source, use_threads=False).take(pa.array(rows.at))
    for place, field in enumerate(table.schema):
        if pa.types.is_float32(field.type):
            values = planted.get(field.name, _rounded(table[field.name].to_numpy(zero_copy_only=False)))
            table = table.set_column(place, field, pa.array(values))
        if field.name == "oracle":
            table = table.set_column(place, field, pa.array(np.round(table["oracle"].to_numpy(), 3)))
    beside = path.with_suffix(".attributes.parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="snappy")
    first = np.unique(rows.customers, return_index=True)[1]
    groups = np.where(_upper_half(rows)[first], "upper", "lower")
    pq.write_table(pa.table({"customer_id": rows.ids[rows.customers[first]], "group": groups}), beside, compression="snappy")
    facts = json.loads(source.with_suffix(".json").read_text())
    kept = ("format", "bank", "moments", "label", "oracle", "leak_check", "feature_set_version")
    path.with_suffix(".json").write_bytes(
        artefacts.json_bytes(
            {
                **{key: facts[key] for key in kept},
                "rows": len(rows.y),
                "positives": rows.positives,
                "planted": list(planted),
                "files": {one.name: artefacts.sha256_of(one) for one in (path, beside)},
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
