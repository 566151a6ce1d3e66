/**
 * Drops the months of the ledger in which nothing arrived that its retention still keeps (DESIGN sections 3 and 4). Before a month goes,
 * a base is stored for each of its customers, so that no feature changes; identities stay, so that what comes again is still known.
 *
 * Any instance may do it, several at once too, and it may end anywhere: bases that are stored are used at once, and what is left is
 * done the next time.
 */
import { nextBase } from '../domain/features/kept-ledger.ts';
import type { Queryable } from '../platform/postgres/pool.ts';
import { codeOf } from '../platform/postgres/sqlstate.ts';
import { loadKeptLedger } from './kept-ledger.ts';
import {
  type CustomerOfMonth,
  dropLedgerMonth,
  listLedgerMonths,
  type NewBase,
  readCustomersOfMonth,
  readDroppedMonth,
  saveBases,
} from './store/ledger-months.ts';

export interface RetentionDeps {
  readonly db: Queryable;
  readonly retentionMs: number;
  readonly nowMs: number;
  /** Asked between customers: aborted, it ends. */
  readonly signal: AbortSignal;
}

export interface DroppedMonth {
  /** Its first day. */
  readonly month: string;
  readonly rows: number;
}

const PAGE = 100;
/** Another instance has dropped the month (undefined_table), or is at it (lock_not_available). */
const ANOTHERS = ['42P01', '55P03'];

/** @returns what was dropped now, oldest first */
export async function dropOldMonths(deps: RetentionDeps): Promise<readonly DroppedMonth[]> {
  const { db, retentionMs, nowMs, signal } = deps;
  const dropped: DroppedMonth[] = [];
  for (const month of await listLedgerMonths(db)) {
    if (endMs(month) > nowMs - retentionMs) break;
    await coverMonth(deps, month);
    if (signal.aborted) break;
    if (await drop(db, month)) dropped.push({ month, rows: (await readDroppedMonth(db, month))?.rows ?? 0 });
  }
  return dropped;
}

/** Stores a base over the month's rows for each customer that has any. */
async function coverMonth({ db, retentionMs, signal }: RetentionDeps, month: string): Promise<void> {
  for (let after = ''; !signal.aborted; ) {
    const page = await readCustomersOfMonth(db, month, after, PAGE);
    const last = page.at(-1);
    if (last === undefined) return;
    const bases: NewBase[] = [];
    for (const customer of page) {
      const base = await baseOver(db, customer, retentionMs);
      if (base !== null) bases.push(base);
    }
    await saveBases(db, bases);
    after = last.customerId;
  }
}

/** Null where a base reaches as far already. */
async function baseOver(db: Queryable, customer: CustomerOfMonth, retentionMs: number): Promise<NewBase | null> {
  const { customerId, currency, latestOccurredMs, lastPosition: position, learnedMs } = customer;
  const { stored, ledger } = await loadKeptLedger(db, customerId, currency);
  const { base } = stored;
  const from = base?.position ?? 0;
  if (position <= from) return null;
  const keptFromMs = Math.max(latestOccurredMs - retentionMs, base?.keptFromMs ?? Number.NEGATIVE_INFINITY);
  return {
    ...{ customerId, position, keptFromMs },
    learnedMs: Math.max(learnedMs, base?.learnedMs ?? Number.NEGATIVE_INFINITY),
    content: nextBase(ledger, position - from, keptFromMs),
  };
}

/** False where another instance was first, or the month is being read: it is tried again the next time. */
async function drop(db: Queryable, month: string): Promise<boolean> {
  try {
    await dropLedgerMonth(db, month);
    return true;
  } catch (cause) {
    if (ANOTHERS.includes(codeOf(cause) ?? '')) return false;
    throw cause;
  }
}

/** The first instant after a month. */
function endMs(month: string): number {
  const start = new Date(`${month}T00:00:00Z`);
  return Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1);
}
