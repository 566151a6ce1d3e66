"""
Extremely randomised trees (Geurts, Ernst and Wehenkel, 2006) as `pde-forest/1`, and as an XGBoost model, so that margins and exact
contributions of the golden vectors are XGBoost's own.

Cut points are drawn at random, which smooths as nothing else tried does on so few positives. A leaf holds the log-odds of its class-balanced
weights, each raised by one, divided by the number of trees: the margin is a mean of log-odds before calibration.
"""

import json
from dataclasses import asdict, dataclass

import numpy as np
import xgboost as xgb
from sklearn.ensemble import ExtraTreesClassifier


# What each class's weight in a leaf is raised by; all weights together are the number of loans.
RAISED = 1.0


@dataclass(frozen=True)
class Setting:
    min_samples_leaf: int
    max_features: float


def fit_trees(x: np.ndarray, y: np.ndarray, setting: Setting, trees: int, seed: int) -> ExtraTreesClassifier:
    """x [rows, inputs] float32, unknown as NaN."""
    model = ExtraTreesClassifier(trees, class_weight="balanced", random_state=seed, n_jobs=1, **asdict(setting))
    return model.fit(x, y)


def margins(model: ExtraTreesClassifier, x: np.ndarray) -> np.ndarray:
    """Mean over the trees of the log-odds in the leaf that a row falls into, [rows]."""
    leaves = model.apply(x)
    return np.mean([_log_odds(tree.tree_)[leaves[:, i]] for i, tree in enumerate(model.estimators_)], axis=0)


def _log_odds(tree) -> np.ndarray:
    """Of each node, from its weights by class; RAISED keeps a leaf of few loans from being sure."""
    share = tree.value[:, 0, :] / tree.value[:, 0, :].sum(axis=1, keepdims=True)
    weights = share * tree.weighted_n_node_samples[:, None] + RAISED
    return np.log(weights[:, 1] / weights[:, 0])


def forest_document(models: list[ExtraTreesClassifier], inputs: list[str]) -> dict:
    """The trees of all models, one behind the other, as one forest whose margin is their mean."""
    fitted = [tree for model in models for tree in model.estimators_]
    trees = [_tree(tree.tree_, len(fitted)) for tree in fitted]
    return {"format": "pde-forest/1", "features": inputs, "baseMargin": 0.0, "trees": trees}


def _tree(tree, count: int) -> dict:
    order = _siblings_together(tree)
    place = {int(node): i for i, node in enumerate(order)}
    leaf = tree.children_left == -1
    value = np.where(leaf, _log_odds(tree) / count, _below(tree.threshold)).astype(np.float32)
    return {
        "feature": [-1 if leaf[node] else int(tree.feature[node]) for node in order],
        "value": [_float32(value[node]) for node in order],
        "left": [-1 if leaf[node] else place[int(tree.children_left[node])] for node in order],
        "right": [-1 if leaf[node] else place[int(tree.children_right[node])] for node in order],
        "defaultLeft": [0 if leaf[node] else int(tree.missing_go_to_left[node]) for node in order],
        "cover": [_float32(tree.weighted_n_node_samples[node]) for node in order],
    }


def _siblings_together(tree) -> list[int]:
    """Nodes level by level: XGBoost takes the node behind a left child for the right one."""
    order = [0]
    for node in order:
        if tree.children_left[node] != -1:
            order += [int(tree.children_left[node]), int(tree.children_right[node])]
    return order


def _below(threshold: np.ndarray) -> np.ndarray:
    """scikit-learn goes left where x <= threshold, XGBoost where x < value: the least float32 above the threshold."""
    rounded = threshold.astype(np.float32)
    return np.where(rounded > threshold, rounded, np.nextafter(rounded, np.float32(np.inf)))


def booster_of(forest: dict) -> xgb.Booster:
    """The same trees as an XGBoost model."""
    width = len(forest["features"])
    template = xgb.train(
        {"objective": "binary:logistic", "base_score": 0.5, "max_depth": 1, "nthread": 1},
        xgb.DMatrix(np.arange(2 * width, dtype=np.float32).reshape(2, width), [0, 1], nthread=1),
        num_boost_round=1,
    )
    document = json.loads(template.save_raw("json"))
    model = document["learner"]["gradient_booster"]["model"]
    example = model["trees"][0]
    model["trees"] = [_xgboost_tree(example, tree, i, width) for i, tree in enumerate(forest["trees"])]
    model["tree_info"] = [0] * len(model["trees"])
    model["gbtree_model_param"]["num_trees"] = str(len(model["trees"]))
    if "iteration_indptr" in model:
        model["iteration_indptr"] = list(range(len(model["trees"]) + 1))
    return xgb.Booster(model_file=bytearray(json.dumps(document).encode()))


def _xgboost_tree(example: dict, tree: dict, index: int, width: int) -> dict:
    nodes = len(tree["feature"])
    parents = [2147483647] * nodes
    for node, (left, right) in enumerate(zip(tree["left"], tree["right"], strict=True)):
        if left != -1:
            parents[left] = parents[right] = node
    return {
        **example,
        "id": index,
        "base_weights": [0.0] * nodes,
        "loss_changes": [0.0] * nodes,
        "split_type": [0] * nodes,
        "left_children": tree["left"],
        "right_children": tree["right"],
        "parents": parents,
        "split_indices": [max(feature, 0) for feature in tree["feature"]],
        "split_conditions": tree["value"],
        "default_left": tree["defaultLeft"],
        "sum_hessian": tree["cover"],
        "tree_param": {**example["tree_param"], "num_nodes": str(nodes), "num_feature": str(width)},
    }


def _float32(value: float) -> float:
    """Shortest decimal that reads back as the same float32."""
    return float(str(np.float32(value)))
