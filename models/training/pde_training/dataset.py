"""The training table as `simulator dataset` writes it, its attributes kept apart, and its split by customer and time."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

DAY_MS = 86_400_000
EMBARGO_DAYS = 75
# Of the table's customers so many are fitted on, by a hash of their id; the others are for the test.
FIT_SHARE = 0.82
# Shares of the observed time that remains beside the embargoes. Calibration has customers of its own, in a table of their own: they cost
# little, since only their later rows are needed.
SLICES = (("fit", 0.60), ("calibration", 0.22), ("test", 0.18))
# The last share of the fitting time on which settings are compared, on customers that a fold was not fitted on.
VALID_TIME_SHARE = 0.22
FOLDS = 3
LEAST_POSITIVES = 20
ATTRIBUTES = ("pay_cycle", "group")


@dataclass(frozen=True)
class Catalogue:
    """The feature catalogue, as services/domain/features defines it."""

    version: str
    names: list[str]
    groups: dict[str, str]
    directions: dict[str, int]
    # What a feed may not tell, and the features that are unknown then.
    silences: dict[str, list[str]]

    @property
    def inputs(self) -> list[str]:
        """All but the derived features, which would split contributions into circular reasons."""
        return [name for name in self.names if self.groups[name] != "derived"]


@dataclass(frozen=True)
class Rows:
    """Rows of a table or of a slice of it; `x` holds the model's inputs, [rows, inputs] float32, unknown as NaN."""

    name: str
    x: np.ndarray
    y: np.ndarray
    # Position of the row's customer in `ids`.
    customers: np.ndarray
    ids: np.ndarray
    t_ms: np.ndarray
    lag_days: np.ndarray
    # P(label = 1 | everything hidden) of a synthetic bank; None where the table has no such column.
    oracle: np.ndarray | None
    # The row's position in its table.
    at: np.ndarray
    # Never inputs: they serve the card's breakdowns and the fairness check only. Empty text: not told.
    attributes: dict[str, np.ndarray]

    def take(self, name: str, rows: np.ndarray) -> "Rows":
        """@param rows a mask or positions"""
        return Rows(
            name,
            self.x[rows],
            self.y[rows],
            self.customers[rows],
            self.ids,
            self.t_ms[rows],
            self.lag_days[rows],
            None if self.oracle is None else self.oracle[rows],
            self.at[rows],
            {key: values[rows] for key, values in self.attributes.items()},
        )

    @property
    def positives(self) -> int:
        return int(self.y.sum())

    def describe(self) -> dict:
        return {
            "rows": len(self.y),
            "lagged_rows": int((self.lag_days > 0).sum()),
            "positives": self.positives,
            "customers": int(len(np.unique(self.customers))),
            "from": date_of(self.t_ms.min()),
            "to": date_of(self.t_ms.max()),
        }


def read_catalogue(path: Path) -> Catalogue:
    document = json.loads(path.read_text())
    features = document["features"]
    return Catalogue(
        version=document["version"],
        names=[f["name"] for f in features],
        groups={f["name"]: f["group"] for f in features},
        directions={f["name"]: f["riskDirection"] for f in features},
        silences=document["silences"],
    )


def read_table(path: Path, catalogue: Catalogue, inputs: list[str] | None = None) -> Rows:
    """The table with its columns checked against the catalogue. Exits with the column at fault."""
    schema = pq.read_schema(path)
    features = [name for name in schema.names if name not in ("customer_id", "t_ms", "lag_days", "label", "oracle")]
    if features != catalogue.names:
        raise SystemExit(f"{path.name}: its feature columns are not those of feature set {catalogue.version}, in order")
    inputs = inputs or catalogue.inputs
    wanted = ["customer_id", "t_ms", "lag_days", "label", *(["oracle"] if "oracle" in schema.names else []), *inputs]
    table = pq.read_table(path, columns=wanted, use_threads=False, memory_map=True).combine_chunks()
    coded = pc.dictionary_encode(table["customer_id"].combine_chunks())
    ids, customers = coded.dictionary.to_numpy(zero_copy_only=False).astype(str), coded.indices.to_numpy()
    y = table["label"].to_numpy().astype(np.int8)
    if not np.isin(y, (0, 1)).all():
        raise SystemExit(f"{path.name}: a label is neither 0 nor 1")
    x = np.empty((len(y), len(inputs)), dtype=np.float32)
    for column, name in enumerate(inputs):
        x[:, column] = _floats(table[name])
    oracle = _floats(table["oracle"]) if "oracle" in schema.names else None
    lag_days = table["lag_days"].to_numpy()
    attributes = _read_attributes(path, ids, customers)
    at = np.arange(len(y))
    return Rows(path.stem, x, y, customers, ids, table["t_ms"].to_numpy(), lag_days, oracle, at, attributes)


def write_rows(path: Path, source: Path, rows: np.ndarray) -> None:
    """Copies some rows of a table, and the attributes of their customers, to a table of its own."""
    table = pq.read_table(source, use_threads=False).take(pa.array(rows))
    pq.write_table(table, path, compression="snappy")
    beside = source.with_suffix(".attributes.parquet")
    if beside.exists():
        attributes = pq.read_table(beside, use_threads=False)
        kept = pc.is_in(attributes["customer_id"], value_set=table["customer_id"].combine_chunks().unique())
        pq.write_table(attributes.filter(kept), path.with_suffix(".attributes.parquet"), compression="snappy")


@dataclass(frozen=True)
class Split:
    """Rows by purpose. No customer is in two slices, and 75 days lie between them."""

    fit: Rows
    calibration: Rows
    test: Rows
    # Pairs of train and valid inside `fit`, again disjoint by customer and 75 days apart.
    folds: list[tuple[Rows, Rows]]

    def describe(self) -> dict:
        parts = {"fit": self.fit, "calibration": self.calibration, "test": self.test}
        for number, (train, valid) in enumerate(self.folds, start=1):
            parts |= {f"fold {number} train": train, f"fold {number} valid": valid}
        return {name: part.describe() for name, part in parts.items()}


def split(table: Rows, others: Rows) -> Split:
    """
    Lagged snapshots, each with a label of its own, serve fitting only. Exits where a slice has too few positives.

    @param others rows of other customers of the same bank, for calibration
    """
    if np.isin(others.ids, table.ids).any():
        raise SystemExit(f"{others.name} has customers of {table.name}: calibration needs its own")
    windows = _windows(table.t_ms.min(), table.t_ms.max())
    fitted = np.array([_point_of("slice", one) < FIT_SHARE for one in table.ids])[table.customers]
    sources = {
        "fit": (table, fitted),
        "calibration": (others, others.lag_days == 0),
        "test": (table, ~fitted & (table.lag_days == 0)),
    }
    slices = {}
    for name, (rows, own) in sources.items():
        start, end = windows[name]
        slices[name] = _checked(rows.take(name, own & (rows.t_ms >= start) & (rows.t_ms <= end)))
    return Split(**slices, folds=_folds(slices["fit"], *windows["fit"]))


def _folds(fit: Rows, start: int, end: int) -> list[tuple[Rows, Rows]]:
    valid_from = int(end - VALID_TIME_SHARE * (end - start))
    fold_of = np.array([int(FOLDS * _point_of("fold", one)) for one in fit.ids])[fit.customers]
    early = fit.t_ms <= valid_from - EMBARGO_DAYS * DAY_MS
    late = (fit.t_ms >= valid_from) & (fit.lag_days == 0)
    return [
        (_checked(fit.take("train", (fold_of != fold) & early)), _checked(fit.take("valid", (fold_of == fold) & late)))
        for fold in range(FOLDS)
    ]


def _checked(part: Rows) -> Rows:
    if part.positives < LEAST_POSITIVES:
        raise SystemExit(f"slice {part.name}: {len(part.y)} rows with {part.positives} positives, fewer than {LEAST_POSITIVES}")
    return part


def date_of(ms: int) -> str:
    return str(np.datetime64(int(ms), "ms").astype("datetime64[D]"))


def _floats(column: pa.ChunkedArray) -> np.ndarray:
    return column.to_numpy(zero_copy_only=False)


def _read_attributes(path: Path, ids: np.ndarray, customers: np.ndarray) -> dict[str, np.ndarray]:
    beside = path.with_suffix(".attributes.parquet")
    if not beside.exists():
        return {}
    table = pq.read_table(beside, use_threads=False)
    places = {one: place for place, one in enumerate(table["customer_id"].to_pylist())}
    order = np.array([places[one] for one in ids])
    columns = {name: np.array([v or "" for v in table[name].to_pylist()]) for name in ATTRIBUTES if name in table.column_names}
    return {name: values[order][customers] for name, values in columns.items() if (values != "").any()}


def _windows(first_ms: int, last_ms: int) -> dict[str, tuple[int, int]]:
    usable = (last_ms - first_ms) / DAY_MS - EMBARGO_DAYS * (len(SLICES) - 1)
    if usable < 4 * EMBARGO_DAYS:
        raise SystemExit(f"the table leaves {usable:.0f} days beside the embargoes, fewer than {4 * EMBARGO_DAYS}: more months")
    windows, start = {}, float(first_ms)
    for name, share in SLICES:
        end = start + share * usable * DAY_MS
        windows[name] = (int(start), int(end))
        start = end + EMBARGO_DAYS * DAY_MS
    return windows


def _point_of(purpose: str, customer_id: str) -> float:
    """In [0, 1): the customer's place, the same in every run and table."""
    return int.from_bytes(hashlib.sha256(f"{purpose}:{customer_id}".encode()).digest()[:8]) / 2**64
