"""Sections of the card: groups, another world, and how to see that the world moves."""

from .card_quality import MEASURES, measures, where
from .drift import ACT, WATCH
from .fairness import SAMPLES
from .markdown import between, table
from .silences import BARE, SHOWN_SHARE

VERDICTS = {True: "within the bounds", False: "**outside of the bounds**", None: "too few positives to judge"}
PLANTED = "On a bank in which a disparity is planted, to see that the check sees it"


def fairness(m: dict) -> list[str]:
    lines = ["## Fairness"]
    if m.get("fairness") is None:
        return [*lines, "Not measured in this run: no table with groups was given."]
    lines.append(
        "The attribute `group` is kept apart: no feature holds it, and training never reads it. A group needs "
        f"{m['bounds']['leastPositivesOfGroup']} positives to be judged. Values decide; intervals are of {SAMPLES} samples of "
        "customers."
    )
    for title, found in (("On the bank of another seed", m["fairness"]), (PLANTED, m.get("planted_disparity"))):
        if found is not None:
            lines += _groups(title, found)
    return lines


def silences(m: dict) -> list[str]:
    lines = ["## Banks that do not tell everything"]
    if m.get("silences") is None:
        return [*lines, "Not measured in this run."]
    cells = [
        [s["bank"], s["known"], s["auc"], between(s["auc_ci"]), *_calibrated_as(s), s["above_low"]] for s in m["silences"]
    ]
    bare = ", ".join(BARE)
    return [
        *lines,
        f"The rows of the {where(m)} once more, as a bank would have given them that does not tell something: the features which that "
        f"leaves unknown are taken away (`services/domain/features/catalogue/silences.ts`). A bare bank tells no {bare}. By lot: each row "
        f"with silences of its own. Of the fitting rows {SHOWN_SHARE:.0%} were shown a second time, silenced by lot; calibration saw none.",
        "",
        *table(["bank", "inputs known", "AUC", "95 %", "observed/expected", "95 %", "above LOW"], cells),
    ]


def shift(m: dict) -> list[str]:
    found = m.get("shift")
    if found is None:
        return []
    anew, oracle, moved = found["recalibrated"], found["oracle"], found["drift"]
    lines = [
        "## When the world changes",
        "The same model on the shift bank: other parameters, same code. The second line is calibrated anew on half of that "
        f"bank's customers ({anew['learned_from_positives']} positives) and measured on the other half.",
        "",
        *table(["", *MEASURES], [["as it is", *measures(found)], ["calibrated anew", *measures(anew)]]),
        "",
    ]
    if oracle is not None:
        share = f"{oracle['share']} ({between(oracle['share_ci'])})"
        lines += [
            f"That bank's oracle reaches {oracle['auc']}; the model has {share} of its lift.",
            "",
        ]
    lines.append(
        f"PSI of the score is {moved['probability']}; {moved['act']} features are past the limit to act, {moved['watch']} to watch."
    )
    return [*lines, "", "**What to do:** " + _advice(m["bounds"]["calibrationRange"], found, anew)]


def drift(m: dict) -> list[str]:
    source = m.get("fresh") or m
    moved = source["drift"] if m.get("fresh") else source["drift"]["test"]
    return [
        "## Drift",
        "`drift.json` holds the distribution of each feature and of the score on the calibration slice, the latest rows that the "
        f"model was made from. By PSI against it: from {WATCH} look at the feed and the feature; from {ACT} hold promotions, check "
        "calibration on recent labels, and retrain if it stays.",
        "",
        f"On the {where(m)}, in an unchanged world: score {moved['probability']}, {moved['watch']} features to watch, "
        f"{moved['act']} to act on. The largest:",
        "",
        *table(["feature", "PSI"], moved["features"][:5]),
    ]


def _calibrated_as(part: dict) -> list:
    return [part["observed_expected"], between(part["observed_expected_ci"])]


def _groups(title: str, found: dict) -> list[str]:
    head = [
        "group",
        "rows",
        "positives",
        "AUC",
        "observed/expected",
        "over that of all",
        "true positive rate at HIGH",
        "false positive rate at HIGH",
    ]
    held = {True: "yes", False: "no", None: None}
    disparities = [[d["name"], d["value"], between(d["ci"]), d["bound"], held[d["within"]]] for d in found["disparities"]]
    return [
        "",
        f"{title} ({found['slice']['rows']} rows): {VERDICTS[found['within_bounds']]}.",
        "",
        *table(head, [[value for key, value in group.items() if key != "judged"] for group in found["groups"]]),
        "",
        *table(["disparity", "value", "95 %", "bound", "within"], disparities),
    ]


def _advice(allowed: list[float], found: dict, anew: dict) -> str:
    """By the gates' own limits."""
    if _calibrated(allowed, found):
        return "nothing yet. Its calibration still holds there; watch the drift."
    if _calibrated(allowed, anew):
        return (
            "its probabilities do not hold there, so its levels do not either. Calibrating anew on recent labels mends that; "
            "what ranking has lost comes back only by training anew."
        )
    return "stop acting on its levels and train anew. Calibrating anew is not enough."


def _calibrated(allowed: list[float], part: dict) -> bool:
    return all(allowed[0] <= part[key] <= allowed[1] for key in ("calibration_slope", "observed_expected"))
