/** Values at and beyond the contract's bounds, whichever record carries them. */

/** No id and no text may be so long. */
export const LONG = 'x'.repeat(10_000);
export const INT64_MAX = 2n ** 63n - 1n;
export const INT64_MIN = -(2n ** 63n);
/** In minor units: the largest amount that is allowed. */
export const MAX_AMOUNT = 10n ** 13n;
/** Seconds since 1970 of 1900-01-01, 1989-12-31T23:59:59, 1990-01-01 and 2200-01-01. */
export const [Y1900, BEFORE_1990, Y1990, Y2200] = [-2_208_988_800, 631_151_999, 631_152_000, 7_258_118_400];
