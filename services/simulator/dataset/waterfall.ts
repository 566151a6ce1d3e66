import type { Eligibility } from '../../domain/obligations/eligibility.ts';

/** What became of every candidate row: the exclusions in order, each counted once. */
export interface Waterfall {
  /** Candidates: customer-months, each with its moment less the lag. */
  customerMonths: number;
  /** Before the first row of the customer. */
  noHistory: number;
  /** Too near to the end of the data for its label to be known. */
  censored: number;
  closed: number;
  forborne: number;
  undeclared: number;
  alreadyLate: number;
  recentlyLate: number;
  nothingDue: number;
  /** Rows of the table. */
  eligible: number;
  /** Of these, labelled 1. */
  positives: number;
}

/** By lag, in the plan's order. */
export type Waterfalls = ReadonlyMap<number, Waterfall>;

export function emptyWaterfalls(lagsDays: readonly number[]): Waterfalls {
  return new Map(lagsDays.map((lagDays) => [lagDays, emptyWaterfall()]));
}

function emptyWaterfall(): Waterfall {
  return {
    customerMonths: 0,
    noHistory: 0,
    censored: 0,
    closed: 0,
    forborne: 0,
    undeclared: 0,
    alreadyLate: 0,
    recentlyLate: 0,
    nothingDue: 0,
    eligible: 0,
    positives: 0,
  };
}

export const COUNTER_OF: Readonly<Record<Eligibility, keyof Waterfall>> = {
  eligible: 'eligible',
  nothing_due: 'nothingDue',
  already_late: 'alreadyLate',
  recently_late: 'recentlyLate',
  closed: 'closed',
  forborne: 'forborne',
  undeclared: 'undeclared',
};

/** Adds the counts of `from` to those of `into`, which has the same lags. */
export function addWaterfalls(into: Waterfalls, from: Waterfalls): void {
  for (const [lagDays, counts] of from) {
    const sum = into.get(lagDays)!;
    for (const name of Object.keys(counts) as (keyof Waterfall)[]) sum[name] += counts[name];
  }
}

/** As the sidecar has it. */
export function waterfallDocument(waterfalls: Waterfalls) {
  return [...waterfalls].map(([lagDays, counts]) => ({
    lag_days: lagDays,
    customer_months: counts.customerMonths,
    no_history: counts.noHistory,
    censored: counts.censored,
    closed: counts.closed,
    forborne: counts.forborne,
    undeclared: counts.undeclared,
    already_late: counts.alreadyLate,
    recently_late: counts.recentlyLate,
    nothing_due: counts.nothingDue,
    eligible: counts.eligible,
    positives: counts.positives,
  }));
}

/** Over all lags. */
export function total(waterfalls: Waterfalls, name: keyof Waterfall): number {
  return [...waterfalls.values()].reduce((sum, counts) => sum + counts[name], 0);
}
