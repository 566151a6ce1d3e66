"""Folds by grant date: the same function as services/domain/evaluation/folds.ts, and repeated random ones for measuring."""

import numpy as np

DAY_MS = 86_400_000
FNV_OFFSET = 0x811C9DC5
FNV_PRIME = 0x01000193


def fold_of(key: str, folds: int) -> int:
    """FNV-1a, 32 bits, of an ASCII key, modulo the number of folds."""
    hashed = FNV_OFFSET
    for byte in key.encode("ascii"):
        hashed = ((hashed ^ byte) * FNV_PRIME) & 0xFFFFFFFF
    return hashed % folds


def dates(t_ms: np.ndarray) -> np.ndarray:
    """ISO 8601 dates of instants."""
    return np.array([str(day) for day in (t_ms // DAY_MS).astype("datetime64[D]")])


def fixed_folds(grants: np.ndarray, folds: int) -> np.ndarray:
    """The folds of the shipped forest, by ISO date of the grant."""
    return np.array([fold_of(date, folds) for date in grants])


def random_folds(grants: np.ndarray, y: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """
    Whole grant dates dealt out in random order, those with positives first, each to the fold with the fewest positives (then
    rows) so far. Loans of one date stay together: some are of one household's twin accounts, alike to the day.
    """
    order = np.random.default_rng(seed).permutation(np.unique(grants))
    counts = {date: (int(y[grants == date].sum()), int((grants == date).sum())) for date in order}
    positives, rows = np.zeros(folds), np.zeros(folds)
    fold = {}
    for date in sorted(order, key=lambda date: -counts[date][0]):
        least = min(range(folds), key=lambda k: (positives[k], rows[k]) if counts[date][0] else (rows[k], positives[k]))
        fold[date] = least
        positives[least] += counts[date][0]
        rows[least] += counts[date][1]
    return np.array([fold[date] for date in grants])
