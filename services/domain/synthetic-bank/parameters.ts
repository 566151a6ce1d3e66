import values from './parameters.json' with { type: 'json' };

/**
 * Every number a synthetic bank is made from: `parameters.json`, and nothing else. Its sha256 goes with everything made from
 * it. Shares are 0-1, rates are per the unit in their name, amounts are minor units of the currency, `…OfIncome` are shares of
 * monthly net income, sigmas are standard deviations of a logarithm. Another file of this shape makes another world with the
 * same code: `parameters.shift.json` (harder times, other incomes, another culture of paying), `parameters.disparity.json` (what
 * befalls group B shows less, so that a model trained on all says too little of it).
 *
 * `effects` are what a life event of full severity and intensity does to a side of life, by kind of event: every trouble shows
 * in channels of its own. In logarithms: discretionary (less), essential (more), activity (less of everything), weekend (less),
 * variety (fewer shops). Added shares: incomeLost, leakOfIncome (money that leaves a month, of income), cash and cashSize
 * (withdrawals, their size), health, people (payments to others). A month: plays, refusals, borrowing. A year: loansPerYear.
 * Days later: lateness. Hours of wider spread over the day: hours.
 */
export type BankParameters = typeof values;

/** A uniform range, both ends included where integers are drawn. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

export const DEFAULT_PARAMETERS: BankParameters = values;

/** What is wrong with parameters of the right shape, each with its path; none: a bank can be made of them. */
export function parameterProblems(p: BankParameters): string[] {
  return problemsOf(p, '');
}

function problemsOf(value: unknown, path: string): string[] {
  const name = path.slice(path.lastIndexOf('.') + 1);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return [`${path} is no finite number`];
    if (value < 0 && !MAY_BE_NEGATIVE.test(path)) return [`${path} is below 0`];
    return /Share$|^share$/.test(name) && value > 1 ? [`${path} is a share over 1`] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  const { low, high } = value as Partial<Range>;
  const reversed =
    typeof low === 'number' && typeof high === 'number' && low > high ? [`${path}: low is over high`] : [];
  return [
    ...reversed,
    ...Object.entries(value).flatMap(([key, inner]) => problemsOf(inner, path === '' ? key : `${path}.${key}`)),
  ];
}

const MAY_BE_NEGATIVE = /^(effects|payments\.kindOffset)\./;
