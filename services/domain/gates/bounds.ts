/** What a new model must reach. Each bound has its reason here and its account in README.md; they change only by a release. */

/** The lower 95 % bound of AUC(candidate) - AUC(champion), paired by row, must be above this. */
export const LEAST_AUC_DIFFERENCE = -0.005;

/** Two mean log-losses this near, in nats, are the same number: they differ by the order of summing. */
export const LOG_LOSS_ROUNDING = 1e-12;

/** Calibration slope, and observed over expected positives. */
export const CALIBRATION_RANGE = [0.9, 1.1] as const;

/**
 * Fewer positives, or negatives, prove little about calibration: Collins, Ogundimu and Altman ("Sample size considerations for the
 * external validation of a multivariable prognostic model", 2016) ask for 100 events at least, and better 200 or more.
 */
export const LEAST_OF_EACH_CLASS = 200;

/** A group with fewer positives is not judged for fairness, and is named. */
export const LEAST_POSITIVES_OF_GROUP = 200;

/**
 * A group's observed over expected, over that of all: within four fifths of it and its inverse (the four-fifths rule, 29 CFR
 * 1607.4(D), on how far the risk of one group may be understated or overstated).
 */
export const GROUP_CALIBRATION_RANGE = [0.8, 1.25] as const;

/**
 * Largest difference between two groups' shares of later misses that are seen (probability at or above the action point):
 * equality of opportunity (Hardt, Price and Srebro, 2016), the 0.1 being the fair range of AI Fairness 360.
 */
export const LARGEST_OPPORTUNITY_DIFFERENCE = 0.1;

/** Without an oracle to compare with: nobody knows the future of 45 days this well. */
export const LARGEST_PLAUSIBLE_AUC = 0.99;

/** One feature alone may carry at most this share of the oracle's lift (AUC - 0.5). */
export const LARGEST_SINGLE_FEATURE_SHARE = 0.5;

/** Largest difference between ONNX and the trees, or between either and XGBoost's golden values. */
export const PARITY_TOLERANCE = 1e-4;

/** Samples of the bootstrap by customer. */
export const BOOTSTRAP_SAMPLES = 1000;
