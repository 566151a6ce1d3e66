"""Sections of the card: how good the model is, for whom, and by what."""

from .markdown import between, table
from .metrics import BOOTSTRAPS
from .study import THIN_FILE_DAYS

MEASURES = ["AUC", "95 %", "PR-AUC", "95 %", "Brier", "log-loss", "ECE", "slope", "95 %", "observed/expected", "95 %"]
BOUNDS = {
    "ceiling": "visible ceiling: the same training on ten times the customers",
    "oracle": "oracle: knows all that is hidden, not the future",
}


def ladder(m: dict) -> list[str]:
    """The model between one line of code and what is possible at all."""
    lines = ["## Between one line of code and what is possible"]
    lines += _ladder("the test slice", m, m["test"])
    if m.get("fresh"):
        lines += _ladder("a bank of another seed, later than the fit", m["fresh"], m["fresh"])
    return [
        *lines,
        "",
        f"Lift is AUC - 0.5. Intervals: {BOOTSTRAPS} samples of customers with replacement, the same for all lines of a table.",
    ]


def quality(m: dict) -> list[str]:
    rows = [["test slice", *measures(m["test"])], ["test slice, logistic regression", *measures(m["logistic"])]]
    if m.get("fresh"):
        rows.append(["bank of another seed", *measures(m["fresh"])])
    calibration = m["calibration"]
    lines = [
        "## Quality",
        *table(["", *MEASURES], rows),
        "",
        f"Calibration ({calibration['kind']}) was fitted on a slice of its own with {calibration['positives']} positives"
        f"{_steepness(calibration)}. The gates ask for slope and observed/expected within {between(m['bounds']['calibrationRange'])}.",
        *_levels("the test slice", m),
        *(_levels("the bank of another seed", m["fresh"], m) if m.get("fresh") else []),
        "",
        "Reliability on the test slice, ten bins of equal size:",
        "",
        *table(["rows", "predicted", "observed"], [list(one.values()) for one in m["reliability"]]),
        "",
        "If only the riskiest can be contacted, on the test slice:",
        "",
        *table(
            ["share contacted", "rows", "share that misses", "lift", "share of all misses"],
            [[f"{c['share']:.0%}", c["rows"], c["precision"], c["lift"], c["recall"]] for c in m["capacity"]],
        ),
    ]
    return lines


def parts(m: dict) -> list[str]:
    source = m.get("fresh") or m
    lines = [
        "## By month and pay cycle",
        f"On the {where(m)}. Fewer than 20 positives give no figure.",
    ]
    for name, rows in source["breakdowns"].items():
        cells = [
            [r["of"], r["rows"], r["positives"], r.get("auc"), between(r.get("auc_ci")), r.get("observed_expected")] for r in rows
        ]
        lines += ["", *table([name.replace("_", " "), "rows", "positives", "AUC", "95 %", "observed/expected"], cells)]
    return lines


def thin_files(m: dict) -> list[str]:
    lines = ["## Thin files"]
    if m.get("thin_files") is None:
        return [*lines, "Not measured in this run: no table of another bank's first months was given."]
    cells = [
        [r["of"], r["rows"], r["positives"], r.get("auc"), between(r.get("auc_ci")), r.get("observed_expected")]
        for r in m["thin_files"]
    ]
    return [
        *lines,
        f"Files with under {THIN_FILE_DAYS} days of history, on the bank of another seed. They are its first months, hence from the time "
        "of the fit, of customers that nothing was fitted on. Every later row has more history. Fewer than 20 positives give no figure.",
        "",
        *table(["history", "rows", "positives", "AUC", "95 %", "observed/expected"], cells),
    ]


def features(m: dict) -> list[str]:
    lines = [
        "## What it uses",
        "Mean absolute contribution on the test slice, in margin units:",
        "",
        *table(["feature", "contribution"], m["importance"]),
    ]
    if m.get("groups") is None:
        return lines
    cells = [[g["group"], g["features"], g["auc_without"], g["auc_lost"], between(g["auc_lost_ci"])] for g in m["groups"]]
    return [
        *lines,
        "",
        f"What each group of features is worth: fitted again without it, all else fixed; differences are paired, on the {where(m)}.",
        "",
        *table(["group left out", "features", "AUC without", "AUC lost", "95 %"], cells),
    ]


def measures(m: dict) -> list:
    return [
        *(m["auc"], between(m["auc_ci"]), m["pr_auc"], between(m["pr_auc_ci"]), m["brier"], m["log_loss"], m["ece"]),
        *(m["calibration_slope"], between(m["calibration_slope_ci"])),
        *(m["observed_expected"], between(m["observed_expected_ci"])),
    ]


def where(m: dict) -> str:
    """Where breakdowns are taken: the bank of another seed has more rows."""
    return "bank of another seed" if m.get("fresh") else "test slice"


def _ladder(place: str, part: dict, model: dict) -> list[str]:
    rows = [
        [f"one line: `{part['one_line']['feature']}` alone", *_ranking(part["one_line"]), None],
        ["logistic regression", *_ranking(part["logistic"]), None],
        ["**this model**", *_ranking(model), None],
    ]
    for key, name in BOUNDS.items():
        found = part[key]
        if found is None:
            rows.append([f"{name} (not measured in this run)", None, None, None, None])
        else:
            rows.append([name, *_ranking(found), f"{found['share']} ({between(found['share_ci'])})"])
    return [
        "",
        f"On {place}: {model['rows']} rows of {model['customers']} customers, {model['positives']} positives.",
        "",
        *table(["ranked by", "AUC", "95 %", "PR-AUC", "this model's share of its lift"], rows),
    ]


def _levels(place: str, part: dict, whole: dict | None = None) -> list[str]:
    action = (whole or part)["action_probability"]
    return [
        "",
        f"By risk level on {place}, action point p_H = {action}:",
        "",
        *table(
            ["level", "rows", "share", "predicted", "observed", "misses", "observed/expected", "95 %"],
            [[*list(one.values())[:-1], between(one["observed_expected_ci"])] for one in part["levels"]],
        ),
    ]


def _steepness(calibration: dict) -> str:
    """How fast the calibrated log-odds rise with the margin: what a small change of a score can do to it."""
    if "slopes" not in calibration:
        return ""
    low, high = calibration["slopes"]
    return f": {calibration['points']} points, between which log-odds rise by {low} to {high} a unit of margin"


def _ranking(m: dict) -> list:
    return [m["auc"], between(m["auc_ci"]), m["pr_auc"]]
