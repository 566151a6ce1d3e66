import values from './parameters.json' with { type: 'json' };

/**
 * Every number a synthetic bank is made from: `parameters.json`, and nothing else. Its sha256 goes with everything made from
 * it. Shares are 0-1, rates are per the unit in their name, amounts are minor units of the currency, `…OfIncome` are shares of
 * monthly net income, sigmas are standard deviations of a logarithm. Another file of this shape makes another world ("shift
 * bank") with the same code.
 */
export type BankParameters = typeof values;

/** A uniform range, both ends included where integers are drawn. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

export const DEFAULT_PARAMETERS: BankParameters = values;
