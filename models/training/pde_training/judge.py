"""`metrics.json`: everything that a run measures about its model, in one place. The card only sets it in type."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import baselines, drift, export, fairness, fit, metrics, silences, study
from .calibration import calibrate, describe_calibration, fit_calibration
from .dataset import DAY_MS, EMBARGO_DAYS, Catalogue, Rows, Split


@dataclass(frozen=True)
class Model:
    catalogue: Catalogue
    fitted: fit.Fit
    calibration: dict
    baselines: dict
    action: float

    def margin(self, x: np.ndarray) -> np.ndarray:
        return fit.margins(self.fitted.booster, x)

    def probability(self, x: np.ndarray) -> np.ndarray:
        return calibrate(self.calibration, self.margin(x))


def judge(
    model: Model,
    split: Split,
    banks: dict[str, Rows],
    ceiling: dict | None,
    bounds: dict,
    seed: int,
    say: Callable[[str], None],
    thorough: bool,
) -> dict:
    """
    @param banks rows of other banks: `fresh` (other seed), `disparity` and `shift` (other parameters too); any may be absent
    @param ceiling the forest of the visible ceiling, or None
    @param bounds what the gates ask for: calibrationRange, groupCalibrationRange, largestOpportunityDifference and
        leastPositivesOfGroup
    @param thorough refit without groups of features and with other seeds as well
    """
    inputs, test = model.catalogue.inputs, split.test
    probability = model.probability(test.x)
    say("judging the test rows")
    document = {
        "slices": split.describe(),
        "tried": model.fitted.tried,
        "calibration": {**describe_calibration(model.calibration), "positives": split.calibration.positives},
        "action_probability": model.action,
        "bounds": bounds,
        "test": metrics.evaluate(probability, test.y, test.customers, seed),
        **_between(model, test, ceiling, seed),
        "levels": metrics.by_level(probability, test.y, test.customers, model.action, seed),
        "reliability": metrics.reliability(probability, test.y),
        "capacity": metrics.at_capacity(probability, test.y),
        "breakdowns": study.breakdowns(probability, test, inputs, seed),
        "importance": study.importance(model.fitted.booster, test, inputs),
    }
    if "fresh" in banks:
        document["thin_files"] = study.thin_files(model.probability, banks["fresh"], inputs, seed)
    later = split.fit.t_ms.max() + EMBARGO_DAYS * DAY_MS
    banks = {name: rows.take(name, rows.t_ms >= later) for name, rows in banks.items()}
    if thorough:
        most = banks.get("fresh", test)
        say("leaving out each group of features")
        document["groups"] = study.without_groups(model.fitted, most, model.catalogue, seed)
        say("other seeds")
        document["seeds"] = study.other_seeds(model.fitted, most, model.calibration, seed)
        say("banks that do not tell everything")
        document["silences"] = silences.judged(model.probability, most, model.catalogue, model.action, seed)
    reference = drift_reference(model, split)
    document["drift"] = {"test": drift.compare(reference, test.x, inputs, probability)}
    for name, rows in banks.items():
        say(f"judging the {name} bank")
        document |= _bank(name, model, rows, ceiling, reference, bounds, seed)
    return document


def drift_reference(model: Model, split: Split) -> dict:
    """
    The calibration slice's distributions: the latest rows that the model was made from. The fitting slice goes back to the bank's
    first months, when nobody had a history; against it every later month would have drifted.
    """
    held = split.calibration
    return drift.reference(held.x, model.catalogue.inputs, model.probability(held.x))


def _between(model: Model, rows: Rows, ceiling: dict | None, seed: int) -> dict:
    """The model between what any line of code reaches and what is possible at all, on the same rows."""
    inputs, (x, y, customers) = model.catalogue.inputs, (rows.x, rows.y, rows.customers)
    margin = model.margin(x)
    one_line = model.baselines["one_line"]
    found = {
        "one_line": {**one_line, **metrics.ranking_only(baselines.one_line_score(one_line, x, inputs), y, customers, seed)},
        "logistic": metrics.evaluate(baselines.logistic_probability(model.baselines["logistic"], x), y, customers, seed),
        "ceiling": None,
        "oracle": None,
    }
    if ceiling is not None:
        scores = export.forest_margins(ceiling, x)
        found["ceiling"] = {
            **metrics.ranking_only(scores, y, customers, seed),
            **metrics.lift_share(margin, scores, y, customers, seed),
        }
    if rows.oracle is not None and np.isfinite(rows.oracle).all():
        scores = rows.oracle
        found["oracle"] = {
            **metrics.ranking_only(scores, y, customers, seed),
            **metrics.lift_share(margin, scores, y, customers, seed),
        }
    return found


def _bank(name: str, model: Model, rows: Rows, ceiling: dict | None, reference: dict, bounds: dict, seed: int) -> dict:
    """What one other bank shows, under the name that the card gives it."""
    inputs, probability = model.catalogue.inputs, model.probability(rows.x)
    whole = {"slice": rows.describe(), **metrics.evaluate(probability, rows.y, rows.customers, seed)}
    fair = fairness.check(probability, rows, model.action, bounds, seed)
    moved = drift.compare(reference, rows.x, inputs, probability)
    if name == "disparity":
        return {"planted_disparity": None if fair is None else {"slice": whole["slice"], **fair}}
    if name == "fresh":
        between = _between(model, rows, ceiling, seed)
        breakdowns = study.breakdowns(probability, rows, inputs, seed)
        levels = metrics.by_level(probability, rows.y, rows.customers, model.action, seed)
        fair = None if fair is None else {"slice": whole["slice"], **fair}
        return {"fresh": {**whole, **between, "levels": levels, "breakdowns": breakdowns, "drift": moved}, "fairness": fair}
    between = {key: _between(model, rows, ceiling, seed)[key] for key in ("oracle", "one_line", "ceiling")}
    return {"shift": {**whole, **between, "drift": moved, "recalibrated": _recalibrated(model, rows, seed)}}


def _recalibrated(model: Model, rows: Rows, seed: int) -> dict:
    """What new labels alone would mend: calibration fitted on one half of the customers, measured on the other."""
    known = np.random.default_rng(seed).random(len(rows.ids)) < 0.5
    learn, check = rows.take("learn", known[rows.customers]), rows.take("check", ~known[rows.customers])
    anew = fit_calibration(model.margin(learn.x), learn.y)
    measured = metrics.evaluate(calibrate(anew, model.margin(check.x)), check.y, check.customers, seed)
    return {"learned_from_positives": learn.positives, **measured}
