"""The model's card: manifest and `metrics.json` set in type. Every figure on it is one that the run measured or was given."""

from . import card_banks, card_quality
from .markdown import table

# Bank on which those who made the recipe looked at figures.
RECIPE_SEED = 1002


def card(manifest: dict, metrics: dict) -> str:
    sections = [
        _head(manifest),
        _use(),
        card_quality.ladder(metrics),
        card_quality.quality(metrics),
        card_quality.parts(metrics),
        card_quality.thin_files(metrics),
        card_banks.silences(metrics),
        card_quality.features(metrics),
        card_banks.fairness(metrics),
        card_banks.shift(metrics),
        card_banks.drift(metrics),
        _data(manifest, metrics),
        _model(manifest, metrics),
        _made(manifest),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _head(manifest: dict) -> list[str]:
    lines = [
        f"# Model {manifest['name']} {manifest['version']}",
        "",
        f"It estimates the probability that a payment due within {manifest['horizonDays']} days is not fully paid "
        f"{manifest['graceDays']} days after it was due. It is asked about customers who have something due in that time, "
        "nothing unpaid 5 days past due, and nothing 30 or more days past due within the last 90 days.",
        "",
        "It was trained on a **synthetic bank**. It shows that the engine works. It says nothing about any real person.",
    ]
    if manifest["promotable"]:
        return lines
    return [
        *lines,
        "",
        "This is the **visible ceiling**: the best that ten times the customers can teach from the same features. It is kept to "
        "compare with and can never be promoted.",
    ]


def _use() -> list[str]:
    return [
        "## Use",
        "- **Intended:** to order a worklist and to offer help early, by people, under the contact policy; to test the engine.",
        "- **Prohibited:** refusing, pricing or ending credit; any decision against a customer; use on real people before it has "
        "been retrained on the bank's own history and has passed the gates there.",
        "- **Owner:** whoever promotes it (`pde model promote`); the record of promotions names when and which.",
        "- **Limits:** synthetic people; one currency; only obligations that the bank knows of; not asked about customers under "
        "forbearance, already late or closed.",
        "- **Personal data:** none in these files. Age, sex, nationality and postcode are no features.",
    ]


def _data(manifest: dict, m: dict) -> list[str]:
    data, days = manifest["data"], manifest["embargoDays"]
    banks = [[name, _bank(facts), f"`{data['tables'][name]}`"] for name, facts in data["banks"].items()]
    lines = [
        "## Data",
        *table(["table", "bank", "SHA-256"], banks),
        "",
        f"The bank of seed {RECIPE_SEED} had a part in the recipe: the depths and child weights of the search, the lags of the fitting "
        "rows, and which features have no direction of risk were chosen with an eye to figures on such a bank. No row of it was fitted or "
        "calibrated on. What no choice has seen is a bank of a seed of its own: `pde evaluate --bank synthetic`.",
        "",
        f"Slices are disjoint by customer, with {days} days between them; calibration has a table of its own, of other customers of "
        "the same bank. Settings are compared inside the fitting slice, on later rows of customers that a fold was not fitted on, "
        f"again {days} days apart. Lagged rows serve fitting only.",
        "",
        *table(
            ["slice", "rows", "of these lagged", "positives", "customers", "from", "to"],
            [[name, *part.values()] for name, part in m["slices"].items()],
        ),
    ]
    waterfall = data["sidecar"]["waterfall"]
    counts = [name for name in waterfall[0] if name != "lag_days"]
    return [
        *lines,
        "",
        "How customer-months became rows, at the moment itself and at each lag:",
        "",
        *table(
            ["count", *(f"lag {one['lag_days']} d" for one in waterfall)],
            [[name.replace("_", " "), *(one[name] for one in waterfall)] for name in counts],
        ),
    ]


def _model(manifest: dict, m: dict) -> list[str]:
    model = manifest["model"]
    lines = [
        "## Model",
        f"{model['trees']} trees of depth up to {model['depth']} on {len(manifest['inputs'])} inputs of feature set "
        f"{manifest['featureSetVersion']}, monotone where the catalogue gives a direction of risk. Seed {manifest['seed']}.",
        "",
        f"Configurations tried: {len(m['tried'])}, a fixed budget. The lowest validation log-loss wins. The last line is the "
        "winner at a lower learning rate; it was fitted once more, on the whole fitting slice.",
        "",
        *table(list(m["tried"][0]), [list(one.values()) for one in m["tried"]]),
    ]
    if m.get("seeds") is None:
        return lines
    auc, loss = m["seeds"]["auc"], m["seeds"]["log_loss"]
    return [
        *lines,
        "",
        f"The same settings with {m['seeds']['seeds']} other seeds, each without another tenth of the customers, on "
        f"the {card_quality.where(m)}: AUC {auc['min']} to {auc['max']} (standard deviation {auc['sd']}), "
        f"log-loss {loss['min']} to {loss['max']}.",
    ]


def _made(manifest: dict) -> list[str]:
    bank = manifest["data"]["banks"]["table"]
    which = f"--version {manifest['version']}" if manifest["promotable"] else "--ceiling"
    command = f"npm run train -- --name {manifest['name']} {which} --seed {manifest['seed']}"
    libraries = ", ".join(f"{name} {version}" for name, version in manifest["libraries"].items())
    return [
        "## How it was made",
        f"`{command}`: {_bank(bank)}.",
        "",
        f"With {libraries}; one thread. The same command gives the same bytes on one architecture.",
    ]


def _bank(facts: dict) -> str:
    first = facts.get("first_customer", 0)
    people = f"{facts['customers']} customers" + (f" after the first {first}" if first else "")
    return (
        f"{facts['kind']}, {people}, {facts['months']} months, seed {facts['seed']}, "
        f"parameters `{facts['parameters_sha256'][:12]}`"
    )
