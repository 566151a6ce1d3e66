"""The forest in the two forms that the engine loads (trees as JSON, ONNX with the margin as output) and golden vectors."""

import json

import numpy as np
import onnx
import xgboost as xgb
from onnx import TensorProto, helper

GOLDEN_ROWS = 96


def forest_document(booster: xgb.Booster, inputs: list[str]) -> dict:
    """`pde-forest/1`, as services/domain/scoring/forest.ts reads it. Every number is a float32 that XGBoost stores."""
    model = json.loads(booster.save_raw("json"))["learner"]
    trees = [_tree(tree) for tree in model["gradient_booster"]["model"]["trees"]]
    return {"format": "pde-forest/1", "features": inputs, "baseMargin": _base_margin(model), "trees": trees}


def _base_margin(model: dict) -> float:
    stored = model["learner_model_param"]["base_score"].strip("[]")
    probability = np.float32(stored)
    return float(-np.log(np.float32(1) / probability - np.float32(1)))


def _tree(tree: dict) -> dict:
    leaf = [child == -1 for child in tree["left_children"]]
    return {
        "feature": [-1 if end else index for end, index in zip(leaf, tree["split_indices"], strict=True)],
        "value": [_float32(v) for v in tree["split_conditions"]],
        "left": tree["left_children"],
        "right": tree["right_children"],
        "defaultLeft": [0 if end else int(d) for end, d in zip(leaf, tree["default_left"], strict=True)],
        "cover": [_float32(v) for v in tree["sum_hessian"]],
    }


def _float32(value: float) -> float:
    """Shortest decimal that reads back as the same float32."""
    return float(str(np.float32(value)))


def onnx_bytes(forest: dict) -> bytes:
    """ai.onnx.ml TreeEnsembleRegressor, BRANCH_LT, NaN by the default side, no post-transform: [N, inputs] -> [N, 1] margins."""
    nodes: dict[str, list] = {
        name: []
        for name in (
            "treeids",
            "nodeids",
            "featureids",
            "modes",
            "values",
            "truenodeids",
            "falsenodeids",
            "missing_value_tracks_true",
        )
    }
    targets: dict[str, list] = {name: [] for name in ("treeids", "nodeids", "ids", "weights")}
    for tree_id, tree in enumerate(forest["trees"]):
        for node_id, feature in enumerate(tree["feature"]):
            leaf = feature == -1
            nodes["treeids"].append(tree_id)
            nodes["nodeids"].append(node_id)
            nodes["featureids"].append(0 if leaf else feature)
            nodes["modes"].append("LEAF" if leaf else "BRANCH_LT")
            nodes["values"].append(0.0 if leaf else tree["value"][node_id])
            nodes["truenodeids"].append(0 if leaf else tree["left"][node_id])
            nodes["falsenodeids"].append(0 if leaf else tree["right"][node_id])
            nodes["missing_value_tracks_true"].append(tree["defaultLeft"][node_id])
            if leaf:
                targets["treeids"].append(tree_id)
                targets["nodeids"].append(node_id)
                targets["ids"].append(0)
                targets["weights"].append(tree["value"][node_id])
    ensemble = helper.make_node(
        "TreeEnsembleRegressor",
        ["inputs"],
        ["margin"],
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function="SUM",
        post_transform="NONE",
        base_values=[forest["baseMargin"]],
        **{f"nodes_{k}": v for k, v in nodes.items()},
        **{f"target_{k}": v for k, v in targets.items()},
    )
    graph = helper.make_graph(
        [ensemble],
        "margin",
        [helper.make_tensor_value_info("inputs", TensorProto.FLOAT, ["rows", len(forest["features"])])],
        [helper.make_tensor_value_info("margin", TensorProto.FLOAT, ["rows", 1])],
    )
    model = helper.make_model(
        graph,
        producer_name="pde-training",
        ir_version=8,
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)],
    )
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def golden_document(booster: xgb.Booster, forest: dict, seed: int) -> dict:
    """
    Rows made from the model's own thresholds, none from data: at a threshold, one float32 beside it, between two, unknown.
    Margin and contributions (bias last) as XGBoost itself computes them.
    """
    random = np.random.default_rng(seed)
    rows = _golden_rows(forest, random)
    matrix = xgb.DMatrix(rows, nthread=1)
    margins = booster.predict(matrix, output_margin=True)
    contributions = booster.predict(matrix, pred_contribs=True)
    return {
        "rows": [[None if np.isnan(v) else _float32(v) for v in row] for row in rows],
        "margins": [_float32(m) for m in margins],
        "contributions": [[_float32(c) for c in row] for row in contributions],
    }


def _golden_rows(forest: dict, random: np.random.Generator) -> np.ndarray:
    width = len(forest["features"])
    thresholds: list[list[float]] = [[] for _ in range(width)]
    for tree in forest["trees"]:
        for feature, value in zip(tree["feature"], tree["value"], strict=True):
            if feature >= 0:
                thresholds[feature].append(value)
    rows = np.full((GOLDEN_ROWS, width), np.nan, dtype=np.float32)
    for column, values in enumerate(thresholds):
        values = np.unique(np.array(values or [0.0], dtype=np.float32))
        picked = random.choice(values, GOLDEN_ROWS)
        beside = np.nextafter(picked, np.float32(-np.inf), dtype=np.float32)
        between = picked + np.float32(random.normal(0, 1)) * (values.std() + np.float32(1))
        kind = random.random(GOLDEN_ROWS)
        rows[:, column] = np.select([kind < 0.35, kind < 0.5, kind < 0.85], [picked, beside, between], np.nan)
    rows[0] = np.nan
    for column in range(width):
        if column + 1 < GOLDEN_ROWS:
            rows[column + 1, column] = np.nan
    return rows


def forest_margins(forest: dict, x: np.ndarray) -> np.ndarray:
    """Margins by walking `pde-forest/1` itself, [rows]: of a stored model, and as proof that an export is what was fitted."""
    rows = np.arange(len(x))
    total = np.full(len(x), forest["baseMargin"])
    for tree in forest["trees"]:
        feature, left, right = (np.array(tree[key]) for key in ("feature", "left", "right"))
        value, default_left = np.array(tree["value"], dtype=np.float32), np.array(tree["defaultLeft"], dtype=bool)
        node = np.zeros(len(x), dtype=np.int64)
        while (inner := feature[node] >= 0).any():
            seen = x[rows, np.maximum(feature[node], 0)]
            goes_left = np.where(np.isnan(seen), default_left[node], seen < value[node])
            node = np.where(inner, np.where(goes_left, left[node], right[node]), node)
        total += value[node]
    return total
