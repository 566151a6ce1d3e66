import { describe, expect, it } from 'vitest';
import type { LedgerRow } from '../domain/bank/transaction.ts';
import { observeAsOf } from '../domain/features/as-of.ts';
import type { KeptLedger } from '../domain/features/kept-ledger.ts';
import { encodeWindow } from '../domain/features/snapshot.ts';
import { observe } from '../domain/features/window.ts';
import { DEFAULT_TRIGGER_POLICY } from '../domain/triggers/policy.ts';
import { type ComputedEntry, computeBatch } from './compute-batch.ts';
import { contentSha256, vectorSha256 } from './content-digest.ts';
import { type CustomerState, restoreCustomer } from './customer-state.ts';
import type { PlacedRecord } from './plan.ts';
import type { ProfileHistory } from './store/read-profiles.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.parse('2024-01-01T12:00:00Z');

describe('a batch', () => {
  it('gives each triggered row the vector as of its own row, whatever the size of the batches', async () => {
    const records = history();
    for (const size of [1, 7, records.length]) {
      const entries = await inBatchesOf(size, records);
      expect(entries.map((entry) => entry.ledgerPosition)).toEqual(records.map((_, index) => index + 1));
      const triggered = entries.filter((entry) => entry.triggered !== null);
      expect(triggered.length).toBeGreaterThan(5);
      expect(triggered.map((entry) => entry.triggered?.vectorSha256)).toEqual(
        triggered.map((entry) => asOf(records, entry)),
      );
    }
  });

  it('rebuilds a window for a row that is older than what the window has folded', async () => {
    let rebuilds = 0;
    await inBatchesOf(5, history(), () => {
      rebuilds += 1;
    });
    expect(rebuilds).toBeGreaterThan(0);
  });

  it('triggers nothing for a customer who is stopped, and appends all the same', async () => {
    const stopped: ProfileHistory = { versions: [], stops: [{ fromMs: 0, untilMs: null }] };
    const entries = await inBatchesOf(10, history(), undefined, stopped);
    expect(entries.length).toBe(history().length);
    expect(entries.filter((entry) => entry.triggered !== null)).toEqual([]);
  });
});

describe('a customer', () => {
  it('from a snapshot and the tail behind it is the customer from the ledger, to the bit', async () => {
    const rows = history().map((one) => one.row);
    const whole = await restoreCustomer(stored(rows, null, rows), () => Promise.reject(new Error('not needed')));
    for (const position of [1, 10, 25, rows.length]) {
      const before = await restoreCustomer(stored(rows.slice(0, position), null, rows.slice(0, position)), async () =>
        keptOf(rows),
      );
      const snapshot = { position, content: encodeWindow(before.window) };
      const restored = await restoreCustomer(stored(rows, snapshot, rows.slice(position)), async () => keptOf(rows));
      expect(vectorOf(restored, rows)).toEqual(vectorOf(whole, rows));
    }
  });

  it('whose snapshot cannot be read is read from the ledger', async () => {
    const rows = history().map((one) => one.row);
    const whole = await restoreCustomer(stored(rows, null, rows), async () => keptOf(rows));
    const broken = { position: rows.length, content: Buffer.from('broken') };
    const restored = await restoreCustomer(stored(rows, broken, []), async () => keptOf(rows));
    expect(vectorOf(restored, rows)).toEqual(vectorOf(whole, rows));
  });
});

async function inBatchesOf(
  size: number,
  records: readonly PlacedRecord[],
  onRebuild: () => void = () => undefined,
  history: ProfileHistory = { versions: [], stops: [] },
): Promise<readonly ComputedEntry[]> {
  const states = new Map<string, CustomerState>();
  const ledger: ComputedEntry[] = [];
  for (let at = 0; at < records.length; at += size) {
    const entries = await computeBatch(records.slice(at, at + size), {
      partition: 0,
      policy: DEFAULT_TRIGGER_POLICY,
      states,
      histories: new Map([['c1', history]]),
      readKept: async () => keptOf(ledger.map((entry) => entry.row)),
      positionOf: (_, id) => ledger.find((entry) => entry.row.transactionId === id)?.ledgerPosition ?? null,
      onRebuild,
    });
    ledger.push(...entries);
  }
  return ledger;
}

/** A ledger of which nothing is gone. */
function keptOf(rows: readonly LedgerRow[]): KeptLedger {
  return { currency: 'EUR', base: null, rows, goneAt: () => null };
}

function vectorOf(state: CustomerState, rows: readonly LedgerRow[]): string {
  return vectorSha256(observe(state.window, null, rows.at(-1)!.occurredMs)!.values);
}

function asOf(records: readonly PlacedRecord[], entry: ComputedEntry): string {
  const rows = records.slice(0, entry.ledgerPosition).map((one) => one.row);
  return vectorSha256(observeAsOf('EUR', rows, null, entry.row.occurredMs)!.values);
}

function stored(
  rows: readonly LedgerRow[],
  snapshot: { position: number; content: Uint8Array } | null,
  tail: readonly LedgerRow[],
) {
  const nothingGone = { basePosition: 0, keptFromMs: Number.NEGATIVE_INFINITY };
  const facts = { currency: 'EUR', latestOccurredMs: 0, mode: 'replay' as const, ...nothingGone };
  return { customerId: 'c1', ledgerRows: rows.length, ...facts, snapshot, tail };
}

/** A year of one customer: salaries, spending, a refusal now and then, one row 150 days late, one that undoes its neighbour. */
function history(): PlacedRecord[] {
  return Array.from({ length: 40 }, (_, n) => {
    const isLate = n === 30;
    const row = rowOf(n, {
      occurredMs: START_MS + (n * 9 - (isLate ? 150 : 0)) * DAY_MS,
      direction: n % 4 === 0 ? 'credit' : 'debit',
      status: n % 6 === 5 ? 'failed' : 'settled',
      reversesTransactionId: n === 20 ? 't19' : null,
    });
    return {
      customerId: 'c1',
      currency: 'EUR',
      mode: 'replay',
      contentSha256: contentSha256('EUR', row),
      row,
      offset: BigInt(n),
      appendMs: START_MS,
      scheduledSendUs: null,
    };
  });
}

function rowOf(n: number, fields: Partial<LedgerRow>): LedgerRow {
  return {
    transactionId: `t${n}`,
    accountId: 'a1',
    occurredMs: 0,
    bookedMs: 0,
    utcOffsetMinutes: 0,
    timePrecision: 'second',
    direction: 'debit',
    status: 'settled',
    amountMinor: 10_000 + n * 100,
    balanceAfterMinor: 100_000 - n * 500,
    channel: 'card',
    category: 'groceries',
    merchantId: `m${n % 5}`,
    counterpartyId: null,
    obligationId: null,
    reversesTransactionId: null,
    ownTransfer: false,
    declares: 63,
    ...fields,
  };
}
