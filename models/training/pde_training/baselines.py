"""What the forest must beat: one feature alone, and a logistic regression. Written so that the engine can score both."""

import numpy as np
from sklearn.linear_model import LogisticRegression

from .dataset import Rows
from .metrics import auc

# Standardised values are held within so many standard deviations: one strange balance must not move a line.
LIMIT = 3.0
CLIP_SHARES = (0.01, 0.99)

# Further digits of a coefficient are the solver's, and differ from one processor's BLAS kernel to another's (by some 1e-11).
COEFFICIENT_DIGITS = 8


def fit_baselines(train: Rows, inputs: list[str]) -> dict:
    """`baselines.json`; unknown counts as the median (`fill`)."""
    return {"one_line": _best_single(train, inputs), "logistic": _logistic(train, inputs)}


def one_line_score(baseline: dict, x: np.ndarray, inputs: list[str]) -> np.ndarray:
    column = x[:, inputs.index(baseline["feature"])].astype(np.float64)
    return baseline["direction"] * np.where(np.isnan(column), baseline["fill"], column)


def logistic_probability(model: dict, x: np.ndarray) -> np.ndarray:
    """Log-odds = intercept + sum of coefficient x clamp((x or fill - mean) / scale) + unknown_coefficient where x is unknown."""
    log_odds = np.full(len(x), model["intercept"])
    for column, term in enumerate(model["terms"]):
        values, unknown = _standard(x[:, column], term["fill"], term["mean"], term["scale"])
        log_odds += term["coefficient"] * values + term["unknown_coefficient"] * unknown
    return 1 / (1 + np.exp(-log_odds))


def _best_single(train: Rows, inputs: list[str]) -> dict:
    """The feature that ranks the training rows best alone."""
    best, best_auc = None, 0.5
    for column, name in enumerate(inputs):
        fill = _median(train.x[:, column])
        values = np.where(np.isnan(train.x[:, column]), fill, train.x[:, column])
        area = auc(values, train.y)
        if max(area, 1 - area) > best_auc:
            best, best_auc = {"feature": name, "direction": 1 if area >= 0.5 else -1, "fill": fill}, max(area, 1 - area)
    return best


def _logistic(train: Rows, inputs: list[str]) -> dict:
    terms, columns = [], []
    for column, name in enumerate(inputs):
        values = train.x[:, column].astype(np.float64)
        fill = _median(values)
        filled = np.where(np.isnan(values), fill, values)
        middle = np.clip(filled, *np.quantile(filled, CLIP_SHARES))
        term = {"feature": name, "fill": fill, "mean": float(middle.mean()), "scale": float(middle.std()) or 1.0}
        terms.append(term)
        columns += _standard(values, term["fill"], term["mean"], term["scale"])
    fitted = LogisticRegression(C=0.05, max_iter=300).fit(np.column_stack(columns), train.y)
    for place, term in enumerate(terms):
        term["coefficient"] = _coefficient(fitted.coef_[0, 2 * place])
        term["unknown_coefficient"] = _coefficient(fitted.coef_[0, 2 * place + 1])
    return {"intercept": _coefficient(fitted.intercept_[0]), "limit": LIMIT, "terms": terms}


def _coefficient(value: float) -> float:
    return round(float(value), COEFFICIENT_DIGITS)


def _standard(values: np.ndarray, fill: float, mean: float, scale: float) -> tuple[np.ndarray, np.ndarray]:
    unknown = np.isnan(values)
    known = np.where(unknown, fill, values.astype(np.float64))
    return np.clip((known - mean) / scale, -LIMIT, LIMIT), unknown.astype(np.float64)


def _median(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else 0.0
