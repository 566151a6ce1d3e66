import { describe, expect, it } from 'vitest';
import { DeadLetter_Reason as Reason } from '../../gen/pde/events/v1/dead_letter_pb.ts';
import type { LedgerRow } from '../domain/bank/transaction.ts';
import { contentSha256 } from './content-digest.ts';
import { identity, type Knowledge, planBatch, undoneBy, type ValidRecord } from './plan.ts';

const DAY_MS = 86_400_000;

describe('one identity', () => {
  it('twice in one batch with the same content is accepted once and counted once as a duplicate', () => {
    expect(outcomes([record('t1'), record('t1')])).toEqual(['accepted', 'duplicate']);
  });

  it('with other content is a dead letter, and what stands is unmoved', () => {
    const batch = [record('t1'), record('t1', { amountMinor: 7 }), record('t1')];
    expect(outcomes(batch)).toEqual(['accepted', Reason.CONFLICTING_DUPLICATE, 'duplicate']);
  });

  it('is known across batches by its stored digest', () => {
    const before = knowledge({ ids: [record('t1')] });
    expect(outcomes([record('t1'), record('t1', { amountMinor: 7 })], before)).toEqual([
      'duplicate',
      Reason.CONFLICTING_DUPLICATE,
    ]);
  });

  it('belongs to one customer: another may use the same transaction_id', () => {
    expect(outcomes([record('t1'), { ...record('t1'), customerId: 'c2' }])).toEqual(['accepted', 'accepted']);
  });

  it('is the same content in LIVE and in REPLAY mode', () => {
    expect(outcomes([record('t1'), { ...record('t1'), mode: 'live' }])).toEqual(['accepted', 'duplicate']);
  });
});

describe('one currency a customer', () => {
  it('is that of the first accepted record, in the batch or before it', () => {
    expect(outcomes([record('t1'), inCurrency('EUR', 't2')])).toEqual(['accepted', Reason.WRONG_CURRENCY]);
    expect(outcomes([inCurrency('EUR', 't2')], knowledge({ ids: [record('t1')] }))).toEqual([Reason.WRONG_CURRENCY]);
  });
});

describe('a reversal', () => {
  const reversal = record('r1', { reversesTransactionId: 't1' });
  const ofReversal = record('r2', { reversesTransactionId: 'r1' });

  it('is accepted after its original and before it', () => {
    expect(outcomes([record('t1'), reversal])).toEqual(['accepted', 'accepted']);
    expect(outcomes([reversal, record('t1')])).toEqual(['accepted', 'accepted']);
  });

  it('of a reversal is a dead letter, in the batch or against the ledger', () => {
    expect(outcomes([reversal, ofReversal])).toEqual(['accepted', Reason.REVERSAL_OF_REVERSAL]);
    expect(outcomes([ofReversal], knowledge({ ids: [reversal] }))).toEqual([Reason.REVERSAL_OF_REVERSAL]);
  });

  it('that failed undoes nothing, and may itself be named by a reversal', () => {
    const failed = record('r1', { reversesTransactionId: 't1', status: 'failed' });
    expect(outcomes([failed, ofReversal])).toEqual(['accepted', 'accepted']);
    expect(outcomes([ofReversal, failed])).toEqual(['accepted', 'accepted']);
  });

  it('that a reversal waits for is a dead letter when it comes: the first to be accepted stands', () => {
    expect(outcomes([ofReversal, reversal])).toEqual(['accepted', Reason.REVERSAL_OF_REVERSAL]);
    expect(outcomes([reversal], knowledge({ ids: [ofReversal] }))).toEqual([Reason.REVERSAL_OF_REVERSAL]);
  });
});

describe('a record older than the ledger keeps', () => {
  const old = record('old', { occurredMs: 0 });
  const recent = record('new', { occurredMs: 11 * DAY_MS });

  it('is a dead letter where a retention is set', () => {
    expect(outcomes([recent, old], knowledge({ retentionMs: 10 * DAY_MS }))).toEqual(['accepted', Reason.TOO_OLD]);
  });

  it('is accepted where none is set, and as the first of its customer', () => {
    expect(outcomes([recent, old])).toEqual(['accepted', 'accepted']);
    expect(outcomes([old], knowledge({ retentionMs: DAY_MS }))).toEqual(['accepted']);
  });

  it('is a dead letter where its time is gone, whatever the retention is now', () => {
    const known = knowledge({ ids: [recent], gone: 1, keptFromMs: 5 * DAY_MS });
    expect(outcomes([record('t', { occurredMs: 4 * DAY_MS }), record('u', { occurredMs: 5 * DAY_MS })], known)).toEqual(
      [Reason.TOO_OLD, 'accepted'],
    );
  });
});

describe('a reversal of a row that is older than the ledger keeps', () => {
  const first = record('first', { occurredMs: 0 });
  const latest = record('latest', { occurredMs: 11 * DAY_MS });
  const reversal = record('r', { occurredMs: 11 * DAY_MS, reversesTransactionId: 'first' });

  it('is a dead letter, whether the row is gone by now or not', () => {
    for (const gone of [0, 1]) {
      const known = knowledge({ ids: [first, latest], gone, retentionMs: 10 * DAY_MS });
      expect(outcomes([reversal], known)).toEqual([Reason.TOO_OLD]);
    }
  });

  it('is accepted within the retention, and of a row of the same batch', () => {
    expect(outcomes([reversal], knowledge({ ids: [first, latest], retentionMs: 12 * DAY_MS }))).toEqual(['accepted']);
    const known = knowledge({ ids: [latest], retentionMs: DAY_MS });
    const [row, undoing] = [record('t'), record('u', { reversesTransactionId: 't' })];
    const late = [row, undoing].map((one) => ({ ...one, row: { ...one.row, occurredMs: 11 * DAY_MS } }));
    expect(outcomes(late, known)).toEqual(['accepted', 'accepted']);
  });

  it('is a dead letter of what is gone where no retention is set any more', () => {
    expect(outcomes([reversal], knowledge({ ids: [first, latest], gone: 1 }))).toEqual([Reason.TOO_OLD]);
    expect(outcomes([reversal], knowledge({ ids: [first, latest] }))).toEqual(['accepted']);
  });
});

it('a batch has the outcomes of batches of one', () => {
  const records = [
    record('t1'),
    record('t1'),
    record('r1', { reversesTransactionId: 't1' }),
    record('r2', { reversesTransactionId: 'r1' }),
    record('t1', { amountMinor: 9 }),
    inCurrency('EUR', 't3'),
    record('r2', { reversesTransactionId: 't2' }),
  ];
  const accepted: ValidRecord[] = [];
  const oneByOne = records.map((one) => {
    const [outcome] = planBatch([one], knowledge({ ids: accepted }));
    if (outcome?.kind === 'accepted') accepted.push(one);
    return outcome;
  });
  expect(planBatch(records, knowledge({}))).toEqual(oneByOne);
});

function record(transactionId: string, fields: Partial<LedgerRow> = {}): ValidRecord {
  const row: LedgerRow = {
    transactionId,
    accountId: 'a1',
    occurredMs: 1_000,
    bookedMs: 1_000,
    utcOffsetMinutes: 0,
    timePrecision: 'second',
    direction: 'debit',
    status: 'settled',
    amountMinor: 100,
    balanceAfterMinor: null,
    channel: 'card',
    category: 'groceries',
    merchantId: null,
    counterpartyId: null,
    obligationId: null,
    reversesTransactionId: null,
    ownTransfer: false,
    declares: 0,
    ...fields,
  };
  return { customerId: 'c1', currency: 'CZK', mode: 'replay', contentSha256: contentSha256('CZK', row), row };
}

function inCurrency(currency: string, transactionId: string): ValidRecord {
  const { row, ...rest } = record(transactionId);
  return { ...rest, row, currency, contentSha256: contentSha256(currency, row) };
}

function knowledge(o: {
  ids?: readonly ValidRecord[];
  retentionMs?: number;
  /** How many of the rows are gone, and what is kept instead. */
  gone?: number;
  keptFromMs?: number;
}): Knowledge {
  const known = o.ids ?? [];
  const ids = new Map(known.map((r) => [identity(r.customerId, r.row.transactionId), r]));
  const reversed = new Set(known.map((r) => identity(r.customerId, undoneBy(r.row) ?? '')));
  const customers = new Map(known.map((r) => [r.customerId, r]));
  return {
    retentionMs: o.retentionMs ?? null,
    id(customerId, transactionId) {
      const id = ids.get(identity(customerId, transactionId));
      return id && { contentSha256: id.contentSha256, undoes: undoneBy(id.row), ledgerPosition: 1 + known.indexOf(id) };
    },
    isReversed: (customerId, transactionId) => reversed.has(identity(customerId, transactionId)),
    customer(customerId) {
      const record = customers.get(customerId);
      const { gone: basePosition = 0, keptFromMs = Number.NEGATIVE_INFINITY } = o;
      return record && { currency: record.currency, latestOccurredMs: record.row.occurredMs, basePosition, keptFromMs };
    },
    occurredMs(customerId, transactionId) {
      const id = ids.get(identity(customerId, transactionId));
      return id === undefined || known.indexOf(id) < (o.gone ?? 0) ? null : id.row.occurredMs;
    },
  };
}

function outcomes(records: readonly ValidRecord[], before = knowledge({})): (string | Reason)[] {
  return planBatch(records, before).map((outcome) => (outcome.kind === 'dead' ? outcome.reason : outcome.kind));
}
