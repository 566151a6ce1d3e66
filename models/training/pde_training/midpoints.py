"""
Moves a forest's thresholds off the values they were learned from.

Histogram training puts every threshold exactly on a training value. Counts, days and shares take the same values again in use, so the
smallest change of such an input would cross the threshold, and with it the score and its reasons would jump. Halfway between the two
training values that it parts, a threshold decides every training row as before, and a tiny change of an input decides nothing.
"""

import json

import numpy as np
import xgboost as xgb


# Rows whose margins are compared before and after.
CHECKED_ROWS = 100_000


def between_values(booster: xgb.Booster, x: np.ndarray) -> xgb.Booster:
    """
    The booster with each threshold halfway between the training values on its two sides; NaN counts for nothing.

    @param x the rows it was fitted on, float32
    @raises ValueError if the margin of any of the first CHECKED_ROWS changed by a bit: then the rows are not those it was fitted on
    """
    model = json.loads(booster.save_raw("json"))
    values = [np.unique(column[~np.isnan(column)]) for column in x.astype(np.float32).T]
    for tree in model["learner"]["gradient_booster"]["model"]["trees"]:
        for node, left in enumerate(tree["left_children"]):
            if left != -1:
                threshold = np.float32(tree["split_conditions"][node])
                tree["split_conditions"][node] = float(_halfway(values[tree["split_indices"][node]], threshold))
    moved = xgb.Booster()
    moved.load_model(bytearray(json.dumps(model), "utf8"))
    moved.set_param({"nthread": 1})
    rows = xgb.DMatrix(x[:CHECKED_ROWS], nthread=1)
    if not np.array_equal(booster.predict(rows, output_margin=True), moved.predict(rows, output_margin=True)):
        raise ValueError("thresholds moved past rows: the forest was fitted on other rows")
    return moved


def _halfway(values: np.ndarray, threshold: np.float32) -> np.float32:
    """Halfway between the largest value under the threshold and the smallest that is not; the threshold itself where either lacks."""
    above = int(np.searchsorted(values, threshold, side="left"))
    if above in (0, len(values)):
        return threshold
    low, high = values[above - 1], values[above]
    middle = np.float32(low / 2 + high / 2)
    return middle if low < middle <= high else threshold
