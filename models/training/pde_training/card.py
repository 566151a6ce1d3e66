"""The model's card, generated wholly from the run: every figure on it is one that the run measured."""


def card(manifest: dict, metrics: dict) -> str:
    data = manifest["data"]
    return "\n".join(
        [
            f"# Model {manifest['name']} {manifest['version']}",
            "",
            f"Probability that a payment due within {manifest['horizonDays']} days is not fully paid "
            f"{manifest['graceDays']} days after it was due, for a customer with something due in that time, nothing unpaid "
            "5 days past due and not 30 or more days past due within the last 90 days.",
            "",
            "Trained on a **synthetic bank**: it shows that the engine works, and says nothing about any real customer. Not to "
            "be used to decide about people; retrain on the bank's own history first.",
            "",
            "## Data",
            f"- command: `{data['command']}`",
            f"- table: {data['rows']} rows of {data['customers']} customers, {data['positives']} positives, "
            f"sha256 `{data['sha256']}`",
            f"- {_split(manifest)}",
            "",
            _table(
                ["slice", "rows", "positives", "customers", "from", "to"],
                [[name, *(part[k] for k in ("rows", "positives", "customers", "from", "to"))]
                 for name, part in metrics["slices"].items()],
            ),
            "",
            "## Model",
            f"- {manifest['model']['trees']} trees of depth up to {manifest['model']['depth']}, "
            f"{len(manifest['inputs'])} inputs of feature set {manifest['featureSetVersion']}, monotone where the catalogue "
            f"gives a direction of risk; seed {manifest['seed']}; calibration {metrics['calibration']}",
            f"- configurations tried: {len(metrics['tried'])}, chosen by validation log-loss",
            "",
            _table(["max_depth", "min_child_weight", "eta", "trees", "valid_log_loss"],
                   [list(t.values()) for t in metrics["tried"]]),
            "",
            "## On the test slice (customers in no other slice)",
            "",
            _table(
                ["model", "AUC", "95 %", "PR-AUC", "95 %", "Brier", "log-loss", "ECE", "slope", "observed/expected"],
                [_metric_row("this model", metrics["test"]), _metric_row("logistic regression", metrics["logistic"])],
            ),
            "",
            "Intervals: bootstrap over customers. One-line baselines, which rank and give no probability:",
            "",
            _table(["baseline", "AUC", "PR-AUC"],
                   [[b["name"], b["auc"], b["pr_auc"]] for b in metrics["one_line"]]),
            "",
            f"By level, at the action point p_H = {metrics['action_probability']}:",
            "",
            _table(["level", "rows", "share", "predicted", "observed"], [list(r.values()) for r in metrics["levels"]]),
            "",
            "Reliability, ten bins of equal size:",
            "",
            _table(["rows", "predicted", "observed"], [list(r.values()) for r in metrics["reliability"]]),
            "",
            "## What the model uses most (mean absolute contribution on the test slice, margin units)",
            "",
            _table(["feature", "mean absolute contribution"], metrics["importance"]),
            "",
            "## Made with",
            "",
            *[f"- {name} {version}" for name, version in manifest["libraries"].items()],
            "",
        ]
    )


def _split(manifest: dict) -> str:
    if manifest["splitByTime"]:
        return f"slices are disjoint by customer and by time, with {manifest['embargoDays']} days between them"
    return "slices are disjoint by customer only: the table spans too few days for an embargo between slices"


def _metric_row(name: str, m: dict) -> list:
    return [name, m["auc"], "-".join(map(str, m["auc_ci"])), m["pr_auc"], "-".join(map(str, m["pr_auc_ci"])), m["brier"],
            m["log_loss"], m["ece"], m["calibration_slope"], m["observed_expected"]]


def _table(head: list[str], rows: list[list]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join("-" if v is None else str(v) for v in row) + " |" for row in rows]
    return "\n".join(lines)
