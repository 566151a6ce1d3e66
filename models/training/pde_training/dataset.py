"""The training table as `simulator dataset` writes it, and its split by customer and time."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

DAY_MS = 86_400_000
EMBARGO_DAYS = 75
# Shares of the customers, by a hash of their id.
SLICES = (("train", 0.40), ("valid", 0.15), ("calibration", 0.20), ("test", 0.25))
# Shares of the observed time that remains beside the embargoes, in the same order.
TIME_SHARES = (0.55, 0.12, 0.15, 0.18)
# Under so many observed days the embargoes would eat the data: then slices differ by customer only, and the card says so.
LEAST_DAYS_FOR_TIME_SPLIT = 3 * EMBARGO_DAYS + 240


@dataclass(frozen=True)
class Slice:
    """Rows of one purpose."""

    name: str
    x: np.ndarray
    y: np.ndarray
    customers: np.ndarray
    t_ms: np.ndarray

    def describe(self) -> dict:
        return {
            "rows": int(len(self.y)),
            "positives": int(self.y.sum()),
            "customers": int(len(np.unique(self.customers))),
            "from": _date(self.t_ms.min()),
            "to": _date(self.t_ms.max()),
        }


@dataclass(frozen=True)
class Catalogue:
    """The feature catalogue, as services/domain/features defines it."""

    version: str
    names: list[str]
    groups: dict[str, str]
    directions: dict[str, int]

    @property
    def inputs(self) -> list[str]:
        """All but the derived features, which would split contributions into circular reasons."""
        return [name for name in self.names if self.groups[name] != "derived"]


def read_catalogue(path: Path) -> Catalogue:
    document = json.loads(path.read_text())
    features = document["features"]
    return Catalogue(
        version=document["version"],
        names=[f["name"] for f in features],
        groups={f["name"]: f["group"] for f in features},
        directions={f["name"]: f["riskDirection"] for f in features},
    )


def read_table(path: Path, catalogue: Catalogue) -> pd.DataFrame:
    """The table with its columns checked against the catalogue; values as float32, unknown as NaN."""
    table = pd.read_parquet(path)
    expected = ["customer_id", "t_ms", "lag_days", "label", *catalogue.names]
    if list(table.columns) != expected:
        raise SystemExit(f"{path.name}: columns are not {', '.join(expected[:4])} and the catalogue's features in order")
    if not table["label"].isin([0, 1]).all():
        raise SystemExit(f"{path.name}: a label is neither 0 nor 1")
    return table.sort_values(["customer_id", "t_ms"], kind="stable", ignore_index=True)


def split(table: pd.DataFrame, inputs: list[str]) -> tuple[dict[str, Slice], bool]:
    """Slices disjoint by customer and, where the months allow, by time with an embargo; and whether they are by time."""
    by_customer = table["customer_id"].map(_slice_of)
    windows = _windows(table["t_ms"].min(), table["t_ms"].max())
    slices = {}
    for name, _ in SLICES:
        rows = by_customer == name
        if windows is not None:
            rows &= table["t_ms"].between(*windows[name])
        part = table[rows]
        if part["label"].sum() < 20:
            raise SystemExit(f"slice {name}: {len(part)} rows with {part['label'].sum()} positives, fewer than 20")
        slices[name] = Slice(
            name,
            part[inputs].to_numpy(np.float32),
            part["label"].to_numpy(np.int8),
            part["customer_id"].to_numpy(str),
            part["t_ms"].to_numpy(),
        )
    return slices, windows is not None


def _windows(first_ms: int, last_ms: int) -> dict[str, tuple[int, int]] | None:
    days = (last_ms - first_ms) / DAY_MS
    if days < LEAST_DAYS_FOR_TIME_SPLIT:
        return None
    usable = days - EMBARGO_DAYS * (len(SLICES) - 1)
    windows, start = {}, float(first_ms)
    for (name, _), share in zip(SLICES, TIME_SHARES, strict=True):
        end = start + share * usable * DAY_MS
        windows[name] = (int(start), int(end))
        start = end + EMBARGO_DAYS * DAY_MS
    return windows


def _slice_of(customer_id: str) -> str:
    point = int.from_bytes(hashlib.sha256(f"slice:{customer_id}".encode()).digest()[:8]) / 2**64
    for name, share in SLICES:
        if point < share:
            return name
        point -= share
    return SLICES[-1][0]


def _date(ms: int) -> str:
    return str(np.datetime64(int(ms), "ms").astype("datetime64[D]"))
