"""The model's card: `metrics.json` and the manifest set in type. Every figure on it is one that the run measured or was given."""

from .fairness import SAMPLES as FAIRNESS_SAMPLES
from .metrics import BOOTSTRAPS
from .study import THIN_FILE_DAYS

MEASURES = ["AUC", "95 %", "PR-AUC", "95 %", "Brier", "log-loss", "ECE", "slope", "95 %", "observed/expected", "95 %"]


def card(manifest: dict, metrics: dict) -> str:
    sections = [
        _head(manifest),
        _use(manifest),
        _between(metrics),
        _quality(metrics),
        _parts(metrics),
        _data(manifest, metrics),
        _model(manifest, metrics),
        _features(metrics),
        _fairness(metrics),
        _shift(metrics),
        _drift(metrics),
        _made(manifest),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _head(manifest: dict) -> list[str]:
    lines = [
        f"# Model {manifest['name']} {manifest['version']}",
        "",
        f"It estimates the probability that a payment due within {manifest['horizonDays']} days is not fully paid "
        f"{manifest['graceDays']} days after it was due. It is asked about customers who have something due in that time, nothing "
        "unpaid 5 days past due, and nothing 30 or more days past due within the last 90 days.",
        "",
        "It was trained on a **synthetic bank**. It shows that the engine works. It says nothing about any real person.",
    ]
    if not manifest["promotable"]:
        lines += [
            "",
            "This is the **visible ceiling**: the best that ten times the customers can teach from the same features. It is "
            "kept to compare with and can never be promoted.",
        ]
    return lines


def _use(manifest: dict) -> list[str]:
    return [
        "## Use",
        "- **Intended:** to order a worklist and to offer help early, by people, under the contact policy; to test the engine.",
        "- **Prohibited:** refusing, pricing or ending credit; any decision against a customer; use on real people before it has been "
        "retrained on the bank's own history and has passed the gates there.",
        "- **Owner:** whoever runs `pde model promote`; the audit log names them. Until then it is nobody's champion.",
        "- **Limits:** synthetic people; one currency; labels that count only obligations the bank knows of; no customer under "
        "forbearance, already late or closed; nothing before the first entry of an account.",
        "- **Personal data:** none. Age, sex, nationality and postcode are no features.",
    ]


def _between(m: dict) -> list[str]:
    lines = ["## Between one line of code and what is possible"]
    for title, part, of in (
        ("the test slice", m, m["test"]),
        ("a bank of another seed, later than the fit", m.get("fresh"), m.get("fresh")),
    ):
        if part is None:
            continue
        rows = [
            [f"one line: `{part['one_line']['feature']}` alone", *_ranking(part["one_line"]), "-"],
            ["logistic regression", *_ranking(part["logistic"]), "-"],
            ["**this model**", *_ranking(of), "-"],
        ]
        for key, name in (
            ("ceiling", "visible ceiling: trained on ten times the customers"),
            ("oracle", "oracle: knows all that is hidden but not the future"),
        ):
            if part[key] is None:
                rows.append([f"{name}: not measured in this run", "-", "-", "-", "-"])
            else:
                share = f"{part[key]['share']} ({_range(part[key]['share_ci'])})"
                rows.append([name, *_ranking(part[key]), share])
        lines += [
            "",
            f"On {title} ({of['rows']} rows, {of['positives']} positives):",
            "",
            *_table(["ranked by", "AUC", "95 %", "PR-AUC", "model's share of its lift"], rows),
        ]
    return [
        *lines,
        "",
        f"Lift is AUC - 0.5. Intervals: {BOOTSTRAPS} samples of customers, drawn with replacement, the same for all rows of a table.",
    ]


def _quality(m: dict) -> list[str]:
    rows = [["test slice", *_measures(m["test"])], ["logistic regression, test slice", *_measures(m["logistic"])]]
    if m.get("fresh"):
        rows.append(["bank of another seed", *_measures(m["fresh"])])
    return [
        "## Quality",
        *_table(["", *MEASURES], rows),
        "",
        f"Calibration ({m['calibration']['kind']}) was fitted on a slice of its own with {m['calibration']['positives']} positives. "
        f"The gates ask for slope and observed/expected within {_range(m['bounds']['calibrationRange'])}.",
        "",
        f"By risk level, action point p_H = {m['action_probability']}:",
        "",
        *_table(
            ["level", "rows", "share", "predicted", "observed", "misses", "observed/expected"],
            [list(r.values()) for r in m["levels"]],
        ),
        "",
        "Reliability, ten bins of equal size:",
        "",
        *_table(["rows", "predicted", "observed"], [list(r.values()) for r in m["reliability"]]),
        "",
        "If only so many can be contacted:",
        "",
        *_table(
            ["riskiest", "rows", "miss a payment", "lift", "share of all misses"],
            [[f"{r['share']:.0%}", r["rows"], r["precision"], r["lift"], r["recall"]] for r in m["capacity"]],
        ),
    ]


def _parts(m: dict) -> list[str]:
    """By month, pay cycle and file; on the bank of another seed where there is one, having more rows."""
    source = m.get("fresh") or m
    lines = [
        "## By month, pay cycle and length of file",
        f"On the {_where(m)}. A thin file has under {THIN_FILE_DAYS} days of history.",
    ]
    for name, rows in source["breakdowns"].items():
        lines += [
            "",
            *_table(
                [name.replace("_", " "), "rows", "positives", "AUC", "95 %", "observed/expected"],
                [
                    [r["of"], r["rows"], r["positives"], r.get("auc"), _range(r.get("auc_ci")), r.get("observed_expected")]
                    for r in rows
                ],
            ),
        ]
    return lines


def _data(manifest: dict, m: dict) -> list[str]:
    data = manifest["data"]
    counts = data["sidecar"].get("counts", {})
    facts = [[name, _bank(facts), f"`{data['tables'][name]}`"] for name, facts in data["banks"].items()]
    return [
        "## Data",
        *_table(["table", "bank", "SHA-256"], facts),
        "",
        f"Slices are disjoint by customer, with {manifest['embargoDays']} days between them. Settings are compared inside the fitting slice, on later "
        f"rows of customers that a fold was not fitted on, again {manifest['embargoDays']} days apart. Lagged snapshots serve fitting only.",
        "",
        *_table(
            ["slice", "rows", "of these lagged", "positives", "customers", "from", "to"],
            [[name, *part.values()] for name, part in m["slices"].items()],
        ),
        "",
        "How customer-months became rows:",
        "",
        *_table(["count", "customer-months"], [[name.replace("_", " "), value] for name, value in counts.items()]),
    ]


def _model(manifest: dict, m: dict) -> list[str]:
    lines = [
        "## Model",
        f"{manifest['model']['trees']} trees of depth up to {manifest['model']['depth']} on {len(manifest['inputs'])} inputs of feature set "
        f"{manifest['featureSetVersion']}, monotone where the catalogue gives a direction of risk. Seed {manifest['seed']}.",
        "",
        f"Configurations tried: {len(m['tried'])}, a fixed budget. The lowest validation log-loss wins; the last line is the winner at a lower "
        "learning rate, fitted once more on the whole fitting slice.",
        "",
        *_table(list(m["tried"][0]), [list(t.values()) for t in m["tried"]]),
    ]
    if m.get("seeds"):
        auc, loss = m["seeds"]["auc"], m["seeds"]["log_loss"]
        lines += [
            "",
            f"The same settings with {m['seeds']['seeds']} other seeds, each without another tenth of the customers: AUC {auc['min']} to {auc['max']} (standard deviation "
            f"{auc['sd']}), log-loss {loss['min']} to {loss['max']} on the test slice.",
        ]
    return lines


def _features(m: dict) -> list[str]:
    lines = [
        "## What it uses",
        "Mean absolute contribution on the test slice, in margin units:",
        "",
        *_table(["feature", "contribution"], m["importance"]),
    ]
    if m.get("groups"):
        lines += [
            "",
            "Fitted again without a group of features, all else fixed; the loss is paired on the test rows:",
            "",
            *_table(
                ["group left out", "features", "AUC without", "AUC lost", "95 %"],
                [[g["group"], g["features"], g["auc_without"], g["auc_lost"], _range(g["auc_lost_ci"])] for g in m["groups"]],
            ),
        ]
    return lines


def _fairness(m: dict) -> list[str]:
    lines = ["## Fairness"]
    if m.get("fairness") is None:
        return [*lines, "Not measured in this run: no table with groups was given."]
    lines.append(
        "The attribute `group` is kept apart: no feature holds it, and training never reads it. A group needs "
        f"{m['bounds']['leastPositivesOfGroup']} positives to be judged. Intervals: {FAIRNESS_SAMPLES} samples of customers."
    )
    for title, key in (
        ("On the bank of another seed", "fairness"),
        ("On a bank in which a disparity is planted, to see that the check sees it", "planted_disparity"),
    ):
        found = m.get(key)
        if found is None:
            continue
        verdict = {True: "**within the bounds**", False: "**outside of the bounds**", None: "too few positives to judge"}[
            found["within_bounds"]
        ]
        lines += [
            "",
            f"{title}: {verdict}.",
            "",
            *_table(
                [
                    "group",
                    "rows",
                    "positives",
                    "AUC",
                    "observed/expected",
                    "over that of all",
                    "true positive rate at HIGH",
                    "false positive rate at HIGH",
                ],
                [[v for k, v in g.items() if k != "judged"] for g in found["groups"]],
            ),
            "",
            *_table(
                ["disparity", "value", "95 %", "bound", "within"],
                [
                    [d["name"], d["value"], _range(d["ci"]), d["bound"], {True: "yes", False: "no", None: "-"}[d["within"]]]
                    for d in found["disparities"]
                ],
            ),
        ]
    return lines


def _shift(m: dict) -> list[str]:
    shift = m.get("shift")
    if shift is None:
        return []
    again = shift["recalibrated"]
    oracle = shift["oracle"]
    lines = [
        "## When the world changes",
        "The same model on the shift bank: other parameters, same code. Its second line is calibrated anew on half of the shift bank's customers "
        f"({again['learned_from_positives']} positives) and measured on the other half.",
        "",
        *_table(["", *MEASURES], [["as it is", *_measures(shift)], ["calibrated anew", *_measures(again)]]),
        "",
    ]
    if oracle is not None:
        lines += [
            f"The shift bank's oracle reaches {oracle['auc']}; the model has {oracle['share']} ({_range(oracle['share_ci'])}) of its lift.",
            "",
        ]
    drifted = shift["drift"]
    lines.append(
        f"PSI of the score is {drifted['probability']}; {drifted['act']} features are past the limit to act, {drifted['watch']} to watch. "
    )
    return [*lines, "", *_advice(m["bounds"]["calibrationRange"], shift, again)]


def _advice(allowed: list[float], shift: dict, again: dict) -> list[str]:
    """What to do, by the same limits as the gates."""
    holds = lambda part: all(allowed[0] <= part[k] <= allowed[1] for k in ("calibration_slope", "observed_expected"))  # noqa: E731
    if holds(shift):
        return ["**What to do:** nothing yet: its calibration still holds there. Watch the drift."]
    if holds(again):
        return [
            "**What to do:** its probabilities no longer hold, so its levels do not either. Calibrating anew on recent labels mends that; "
            "retrain for what ranking has lost."
        ]
    return ["**What to do:** stop acting on its levels and retrain: calibrating anew is not enough."]


def _drift(m: dict) -> list[str]:
    moved = (m.get("fresh") or m)["drift"]
    moved = moved.get("test", moved)
    return [
        "## Drift",
        "`drift.json` holds each feature's and the score's distribution on the calibration slice, the latest rows that the model was made from. PSI against it: below 0.1 nothing; from 0.1 look at "
        "the feed and the feature; from 0.25 hold promotions, check calibration on recent labels, retrain if it stays.",
        "",
        f"On the {_where(m)}, which is later than the fit: score {moved['probability']}, "
        f"{moved['watch']} features to watch, {moved['act']} to act on. The largest:",
        "",
        *_table(["feature", "PSI"], moved["features"][:5]),
    ]


def _made(manifest: dict) -> list[str]:
    sizes = [facts for facts in manifest["data"]["banks"].values()][0]
    command = f"npm run train -- --name {manifest['name']} --version {manifest['version']} --seed {manifest['seed']}"
    if not manifest["promotable"]:
        command = f"npm run train -- --ceiling --name {manifest['name']} --seed {manifest['seed']}"
    command += f" --customers {sizes['customers']} --months {sizes['months']} --bank-seed {sizes['seed']}"
    return [
        "## How it was made",
        f"`{command}`",
        "",
        "With " + ", ".join(f"{name} {version}" for name, version in manifest["libraries"].items()) + ", one thread.",
    ]


def _where(m: dict) -> str:
    """Where the breakdowns are: the bank of another seed has more rows."""
    return "bank of another seed" if m.get("fresh") else "test slice"


def _bank(facts: dict) -> str:
    return f"{facts['kind']}, {facts['customers']} customers, {facts['months']} months, seed {facts['seed']}, parameters `{facts['parameters_sha256'][:12]}`"


def _ranking(m: dict) -> list:
    return [m["auc"], _range(m["auc_ci"]), m["pr_auc"]]


def _measures(m: dict) -> list:
    return [
        m["auc"],
        _range(m["auc_ci"]),
        m["pr_auc"],
        _range(m["pr_auc_ci"]),
        m["brier"],
        m["log_loss"],
        m["ece"],
        m["calibration_slope"],
        _range(m["calibration_slope_ci"]),
        m["observed_expected"],
        _range(m["observed_expected_ci"]),
    ]


def _range(pair: list | None) -> str:
    return "-" if pair is None else f"{pair[0]} to {pair[1]}"


def _table(head: list[str], rows: list[list]) -> list[str]:
    return [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join("-" if v is None else str(v) for v in row) + " |" for row in rows),
    ]
