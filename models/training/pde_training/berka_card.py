"""The loan model's card: `metrics.json` and the manifest set in type. Every figure on it is one that the run measured."""

from .markdown import between, table


def card(manifest: dict, metrics: dict, meanings: dict[str, str]) -> str:
    sections = [
        _head(manifest, metrics),
        _use(),
        _quality(metrics),
        _choice(manifest, metrics),
        _others(metrics),
        _features(metrics, meanings),
        _data(manifest),
        _made(manifest),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections) + "\n"


def _head(manifest: dict, m: dict) -> list[str]:
    return [
        f"# Model {manifest['name']} {manifest['version']}",
        "",
        "It estimates the probability that a loan ends badly, from the account's transactions strictly before the day of the grant "
        "and from nothing else.",
        "",
        f"**What this label is.** A loan's end: status B (ended, not repaid) or D (running, in debt). {m['positives']} of the "
        f"{m['loans']} loans, {100 * m['positives'] / m['loans']:.0f} %. It is not a payment missed within 45 days, which is what "
        "the synthetic model estimates: loans run 12 to 60 months, and what happens in them is not seen. The two models' "
        "figures must not be compared.",
        "",
        "It is never promotable: it reads a feature set of its own that the live path does not compute.",
    ]


def _use() -> list[str]:
    return [
        "## Use",
        "- **Intended:** to show, on a real bank's accounts, what the engine's way of measuring and of judging is worth.",
        "- **Prohibited:** any decision about a person. The data is research data of one bank, of the 1990s.",
        "- **Owner:** nobody's champion.",
        "- **Personal data:** none. Age, sex, district and every other attribute of a person stay unread; so do the loan's terms.",
        "- **Limits:** few positives, hence wide intervals; loans that this bank chose to grant; household bills (SIPO) are a "
        "Czech institution; accounts under three months old at the grant do not occur in it.",
    ]


def _quality(m: dict) -> list[str]:
    oof, never, repeated, seeds = m["out_of_fold"], m["never_overdrawn"], m["repeated"], m["seeds"]
    return [
        "## How good it is, out of fold",
        "Every loan is scored by trees fitted without all loans of its grant date's fold; its probability by a calibration fitted "
        "without them.",
        "",
        *table(
            ["", "loans", "positives", "AUC", "95 %"],
            [
                ["all", m["loans"], m["positives"], oof["auc"], between(oof["auc_ci"])],
                ["never overdrawn before the grant", never["loans"], never["positives"], never["auc"], between(never["auc_ci"])],
            ],
        ),
        "",
        f"PR-AUC {oof['pr_auc']} ({between(oof['pr_auc_ci'])}), Brier score {oof['brier']}, ECE {oof['ece']}, calibration slope "
        f"{oof['calibration_slope']} ({between(oof['calibration_slope_ci'])}), observed / expected {oof['observed_expected']} "
        f"({between(oof['observed_expected_ci'])}). Intervals: 95 %, accounts resampled. `pde evaluate` on the same loans uses the shipped "
        "calibration, one for all folds, and so differs a little.",
        "",
        f"The folds are one deal of many. Over {repeated['repeats']} random deals the AUC is {repeated['auc']} on average (standard "
        f"deviation {repeated['auc_sd']}, lowest {repeated['auc_lowest']}), of the never overdrawn "
        f"{repeated['never_overdrawn_auc']} ({repeated['never_overdrawn_auc_sd']}). Over {seeds['count']} seeds on the shipped folds it "
        f"lies from {between(seeds['auc'])}, of the never overdrawn from {between(seeds['never_overdrawn_auc'])}.",
        "",
        "Later loans from earlier ones (what held-out years ask for, but fitted on fewer loans than the shipped model):",
        "",
        *table(
            ["granted from", "fitted on", "positives", "tested on", "positives", "AUC", "AUC, never overdrawn"],
            [
                [f["from"], f["fit_loans"], f["fit_positives"], f["loans"], f["positives"], f["auc"], f["never_overdrawn_auc"]]
                for f in m["forward"]
            ],
        ),
        "",
        "Reliability, ten bins of equal size:",
        "",
        *table(["loans", "predicted", "observed"], [[r["rows"], r["predicted"], r["observed"]] for r in m["reliability"]]),
    ]


def _choice(manifest: dict, m: dict) -> list[str]:
    model, choice = manifest["model"], m["cross_fitted_choice"]
    return [
        "## How it was chosen",
        f"Extremely randomised trees: {model['folds']} groups of {model['trees'] // model['folds']}, one group a fold, at least "
        f"{model['min_samples_leaf']} loans in a leaf, {100 * model['max_features']:.0f} % of the features looked at in a split. "
        f"This run tried {len(m['tried'])} settings, each by repeated ten-fold cross-validation over whole grant dates; the one with "
        "the highest mean less its standard error won:",
        "",
        *table(
            ["loans in a leaf", "share of features", "AUC", "sd", "AUC, never overdrawn", "sd"],
            [
                [t["min_samples_leaf"], t["max_features"], t["auc"], t["auc_sd"], t["never_overdrawn_auc"], t["never_overdrawn_auc_sd"]]
                for t in m["tried"]
            ],
        ),
        "",
        f"With the search repeated inside each fold (no loan is scored by a setting that it helped to choose): AUC {choice['auc']}, "
        f"never overdrawn {choice['never_overdrawn_auc']}.",
        "",
        "**What these figures still flatter.** The features and the kind of learner were found in a research loop on these same "
        "loans, over more than a hundred variants of features and learners that this run does not repeat: among them the order of "
        "`bill_habit`. On so few positives a search so wide flatters itself. Expect less on loans that nobody has looked at.",
    ]


def _others(m: dict) -> list[str]:
    return [
        "## Beside it, on the same folds",
        *table(
            ["learner", "AUC", "sd", "AUC, never overdrawn", "sd"],
            [[o["name"], o["auc"], o["auc_sd"], o["never_overdrawn_auc"], o["never_overdrawn_auc_sd"]] for o in m["others"]],
        ),
        "",
        "The loan's terms (amount, payment, months) are known at the grant and left out all the same: the task is what the "
        "transactions tell.",
    ]


def _features(m: dict, meanings: dict[str, str]) -> list[str]:
    return [
        "## Features, and what is left without each",
        "No monotone constraints: what other transfers mean turns on whether household bills are paid from the account.",
        "",
        *table(
            ["without", "AUC", "AUC, never overdrawn", "what it is"],
            [[f"`{f['without']}`", f["auc"], f["never_overdrawn_auc"], meanings[f["without"]]] for f in m["left_out"]],
        ),
    ]


def _data(manifest: dict) -> list[str]:
    sidecar = manifest["data"]["sidecar"]
    return [
        "## Data",
        "Real, anonymised accounts of a Czech bank, published by Petr Berka and Marta Sochorova for the PKDD'99 Discovery Challenge: "
        f"the loans granted {sidecar['first_grant']} to {sidecar['last_grant']}. None of its rows is in this folder: golden vectors are "
        "made from the trees' thresholds.",
        "",
        *table(["file", "sha256"], [[f"`{name}`", f"`{sha}`"] for name, sha in sidecar["sources"].items()]),
        "",
        "The folder keeps no list of accounts either. A loan granted in that time counts as trained on, and `pde evaluate` scores it "
        "by the trees of its date's group, which have not seen it; any other loan by all trees. Loans of one date share a fold, since "
        "some are of twin accounts, alike to the day.",
    ]


def _made(manifest: dict) -> list[str]:
    return [
        "## How it was made",
        f"`npm run train -- --name {manifest['name']} --version {manifest['version']} --seed {manifest['seed']} --data DIR`",
        "",
        "With " + ", ".join(f"{name} {version}" for name, version in manifest["libraries"].items()) + ", one thread.",
    ]

