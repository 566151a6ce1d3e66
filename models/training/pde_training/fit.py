"""Fits the forest: a fixed search, each configuration on later rows of other customers, then one fit on all of the slice."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xgboost as xgb

from .dataset import Rows, Split
from .midpoints import between_values

MAX_BIN = 128
EARLY_STOPPING_ROUNDS = 30


@dataclass(frozen=True)
class Budget:
    """
    A whole search, tried in this order; the lowest validation log-loss wins, an earlier configuration at a tie. First every pair
    of depth and child weight, then other ways to sample with the best pair, then other penalties with the best so far, and last
    a lower learning rate, which is kept whatever it gives: with it the number of trees is less of an accident.
    """

    # How many of the split's folds are used.
    folds: int
    max_trees: int
    depths: tuple[int, ...]
    child_weights: tuple[int, ...]
    # Shares of rows and of columns a tree sees.
    samplings: tuple[tuple[float, float], ...]
    lambdas: tuple[float, ...]
    eta: float
    final_eta: float


CHAMPION = Budget(
    folds=3,
    max_trees=400,
    depths=(3, 4, 5, 6),
    child_weights=(5, 10),
    samplings=((0.8, 0.4), (0.6, 0.6), (1.0, 1.0)),
    lambdas=(0.5, 15.0),
    eta=0.12,
    final_eta=0.04,
)
# Ten times the rows leave little to choose; the bounds keep its files small.
CEILING = Budget(
    folds=1,
    max_trees=400,
    depths=(6,),
    child_weights=(20,),
    samplings=(),
    lambdas=(),
    eta=0.10,
    final_eta=0.06,
)


@dataclass(frozen=True)
class Fit:
    booster: xgb.Booster
    parameters: dict
    trees: int
    tried: list[dict]
    # What it was fitted on.
    rows: Rows


def fit_forest(split: Split, directions: list[int], seed: int, budget: Budget) -> Fit:
    """XGBoost with monotone constraints from the catalogue's direction of risk."""
    folds = [_matrices(*pair) for pair in split.folds[: budget.folds]]
    common = _common(directions, seed)
    tried: list[dict] = []

    def attempt(choice: dict) -> dict:
        trees, loss = _validate(common | choice, folds, budget.max_trees)
        tried.append({**choice, "trees": trees, "valid_log_loss": round(loss, 6)})
        return tried[-1]

    for stage in _stages(budget):
        for choice in stage(_best(tried)):
            attempt(choice)
    chosen = attempt({**_choice(_best(tried)), "eta": budget.final_eta})
    parameters, trees = common | _choice(chosen), chosen["trees"]
    return Fit(refit(split.fit, parameters, trees), parameters, trees, tried, split.fit)


def refit(rows: Rows, parameters: dict, trees: int, columns: list[int] | None = None) -> xgb.Booster:
    """One fit with everything fixed, its thresholds between values. @param columns positions of the inputs to use; default all"""
    x = rows.x if columns is None else np.ascontiguousarray(rows.x[:, columns])
    if columns is not None:
        kept = parameters["monotone_constraints"][1:-1].split(",")
        parameters = parameters | {"monotone_constraints": "(" + ",".join(kept[i] for i in columns) + ")"}
    matrix = xgb.QuantileDMatrix(x, rows.y, nthread=1, max_bin=MAX_BIN)
    return between_values(xgb.train(parameters | {"base_score": _base_rate(rows.y)}, matrix, trees), x)


def margins(booster: xgb.Booster, x: np.ndarray) -> np.ndarray:
    return booster.predict(xgb.DMatrix(x, nthread=1), output_margin=True).astype(np.float64)


def _matrices(train: Rows, valid: Rows) -> tuple[xgb.DMatrix, xgb.DMatrix]:
    rows = xgb.QuantileDMatrix(train.x, train.y, nthread=1, max_bin=MAX_BIN)
    return rows, xgb.QuantileDMatrix(valid.x, valid.y, nthread=1, max_bin=MAX_BIN, ref=rows)


def _validate(parameters: dict, folds: list, max_trees: int) -> tuple[int, float]:
    """Grows one forest a fold in step and stops early on their common loss. @returns the best number of trees, and its loss"""
    forests = [xgb.Booster(parameters | {"base_score": _base_rate(rows.get_label())}, [rows, held]) for rows, held in folds]
    rows_held = sum(held.num_row() for _, held in folds)
    best_trees, best_loss = 0, float("inf")
    for trees in range(1, max_trees + 1):
        loss = 0.0
        for forest, (rows, held) in zip(forests, folds, strict=True):
            forest.update(rows, trees - 1)
            loss += float(forest.eval(held).rsplit(":", 1)[1]) * held.num_row() / rows_held
        if loss < best_loss:
            best_trees, best_loss = trees, loss
        elif trees - best_trees >= EARLY_STOPPING_ROUNDS:
            break
    return best_trees, best_loss


def _common(directions: list[int], seed: int) -> dict:
    return {
        "objective": "binary:logistic",
        "eval_metric": "logloss",
        "tree_method": "hist",
        "max_bin": MAX_BIN,
        "nthread": 1,
        "seed": seed,
        "monotone_constraints": "(" + ",".join(str(d) for d in directions) + ")",
    }


def _base_rate(y: np.ndarray) -> float:
    return float(np.float32(y.mean()))


def _stages(budget: Budget) -> Iterator:
    yield lambda _: [
        {
            "max_depth": depth,
            "min_child_weight": weight,
            "subsample": 0.8,
            "colsample_bytree": 0.6,
            "lambda": 3.0,
            "eta": budget.eta,
        }
        for depth in budget.depths
        for weight in budget.child_weights
    ]
    yield lambda best: [_choice(best) | {"subsample": rows, "colsample_bytree": columns} for rows, columns in budget.samplings]
    yield lambda best: [_choice(best) | {"lambda": penalty} for penalty in budget.lambdas]


def _best(tried: list[dict]) -> dict | None:
    return min(tried, key=lambda one: one["valid_log_loss"]) if tried else None


def _choice(tried: dict) -> dict:
    return {name: value for name, value in tried.items() if name not in ("trees", "valid_log_loss")}
