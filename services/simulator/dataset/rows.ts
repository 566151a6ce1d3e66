import { DAY_MS } from '../../domain/calendar/days.ts';
import { profileAt } from '../../domain/features/as-of.ts';
import { CENSORED_DAYS, missLabelAt } from '../../domain/obligations/label.ts';
import type { CustomerHistory } from '../store/bank-rows.ts';
import { createCursor } from './cursor.ts';
import { labelRowsOf } from './label-rows.ts';
import { momentsOf } from './moments.ts';

export interface DatasetRow {
  readonly customerId: string;
  readonly tMs: number;
  readonly label: 0 | 1;
  /** In the order of the catalogue; NaN: unknown. */
  readonly values: Float64Array;
}

/** What became of every customer-month: the exclusions in order, each counted once. */
export interface Waterfall {
  customerMonths: number;
  /** Before the first row of the customer. */
  noHistory: number;
  /** t later than the data's end - 75 d. */
  censored: number;
  closed: number;
  forborne: number;
  undeclared: number;
  alreadyLate: number;
  recentlyLate: number;
  nothingDue: number;
  eligible: number;
  positives: number;
}

export function emptyWaterfall(): Waterfall {
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

export interface DatasetBounds {
  readonly currency: string;
  /** Of the random moments. */
  readonly seed: number;
  /** The data are complete up to here, exclusive. */
  readonly dataEndMs: number;
}

/** The labelled rows of one customer, in order of t; counts every month into the waterfall. */
export function* datasetRows(
  history: CustomerHistory,
  { currency, seed, dataEndMs }: DatasetBounds,
  waterfall: Waterfall,
): Generator<DatasetRow, void, undefined> {
  const first = history.rows[0];
  if (first === undefined) return;
  const cursor = createCursor(currency, history.rows);
  const labelRows = labelRowsOf(history.rows);
  for (const tMs of momentsOf(seed, history.customerId, first.bookedMs, dataEndMs)) {
    waterfall.customerMonths++;
    if (tMs > dataEndMs - CENSORED_DAYS * DAY_MS) {
      waterfall.censored++;
      continue;
    }
    const profile = profileAt(history.profiles, tMs);
    const observation = cursor.observeAt(profile, tMs);
    if (observation === null) {
      waterfall.noHistory++;
      continue;
    }
    waterfall[COUNTER[observation.eligibility]]++;
    if (observation.eligibility !== 'eligible') continue;
    const { label } = missLabelAt(profile, labelRows, tMs);
    if (label === null) continue;
    waterfall.positives += label;
    yield { customerId: history.customerId, tMs, label, values: observation.values };
  }
}

const COUNTER = {
  eligible: 'eligible',
  nothing_due: 'nothingDue',
  already_late: 'alreadyLate',
  recently_late: 'recentlyLate',
  closed: 'closed',
  forborne: 'forborne',
  undeclared: 'undeclared',
} as const;
