import type { Queryable } from '../platform/postgres/pool.ts';
import { ensureLedgerMonths } from './store/ensure-ledger-months.ts';

export interface LedgerMonths {
  /** Makes sure that the ledger has the months of these arrival times, milliseconds since the epoch. */
  ensure(arrivalsMs: readonly number[]): Promise<void>;
}

/** How many months are made at once: the one that is needed and those ahead. */
const MONTHS_AT_ONCE = 3;

/** Asks the database once per month of arrival: a row without its month would be refused as if it were the row's fault. */
export function createLedgerMonths(db: Queryable): LedgerMonths {
  const made = new Set<string>();
  return {
    async ensure(arrivalsMs) {
      const months = new Map(arrivalsMs.map((ms) => [monthOf(ms), ms]));
      for (const [month, ms] of months) {
        if (made.has(month)) continue;
        await ensureLedgerMonths(db, ms, MONTHS_AT_ONCE);
        made.add(month);
      }
    },
  };
}

function monthOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 7);
}
