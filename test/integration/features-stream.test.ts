import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CustomerProfile_Mode, CustomerProfile_Standing } from '../../gen/pde/events/v1/customer_profile_pb.ts';
import { DeadLetter_Reason as Reason } from '../../gen/pde/events/v1/dead_letter_pb.ts';
import {
  Transaction_Direction,
  Transaction_Mode,
  Transaction_Status,
  Transaction_TimePrecision,
} from '../../gen/pde/events/v1/transaction_pb.ts';
import { derivedId } from '../../services/platform/ids/derived-id.ts';
import { partitionOf } from '../../services/platform/kafka/partition.ts';
import {
  CUSTOMER_UPDATES,
  createHarness,
  type Harness,
  type RunningFeatures,
  TRANSACTIONS,
  type TransactionInit,
  transactionRecord,
} from './features-support.ts';

let harness: Harness;
let features: RunningFeatures;
let customers = 0;
let customerId: string;

beforeAll(async () => {
  harness = await createHarness();
  features = await harness.start();
});
afterAll(async () => {
  await features.stop();
  await harness.close();
});
beforeEach(() => {
  customers += 1;
  customerId = `stream-${customers}`;
});

describe('a record that cannot be processed is one dead letter, and the stream goes on', () => {
  it('whatever is wrong with it', async () => {
    const good = await transactionRecord(harness.codec, transaction(1));
    const value = good.value ?? new Uint8Array();
    const framed = (schemaId: number) =>
      Buffer.concat([Buffer.from([0, 0, 0, schemaId >> 8, schemaId & 255]), value.subarray(5)]);
    const bad: [Reason, Partial<typeof good>][] = [
      [Reason.BAD_FRAMING, { value: Buffer.from('garbage') }],
      [Reason.UNKNOWN_SCHEMA_ID, { value: framed(64_000) }],
      [Reason.INVALID_PAYLOAD, { value: value.subarray(0, value.length - 1) }],
      [
        Reason.INVALID_VALUE,
        { value: (await transactionRecord(harness.codec, { ...transaction(2), amountMinor: 0n })).value! },
      ],
      [Reason.TOO_LARGE, { value: Buffer.alloc(1_048_577) }],
      [Reason.NO_VALUE, { value: null }],
      [Reason.WRONG_KEY, { key: Buffer.from('another') }],
      [Reason.WRONG_KEY, { key: null }],
      [Reason.WRONG_PARTITION, { partition: (good.partition + 1) % TRANSACTIONS.partitions }],
    ];
    const before = await counters();
    for (const [, fields] of bad) await harness.send([{ ...good, ...fields }]);
    await harness.transactions([transaction(1), transaction(2)]);
    await harness.drained();

    expect(
      (await deadLetters())
        .slice(-bad.length)
        .map((row) => row.reason)
        .sort(),
    ).toEqual(bad.map(([reason]) => reason).sort());
    expect(await ledgerOf(customerId)).toEqual(['t1', 't2']);
    expect(difference(await counters(), before)).toEqual({
      accepted: 2n,
      duplicates: 0n,
      deadLetters: BigInt(bad.length),
      span: BigInt(bad.length + 2),
    });
  });

  it('for what the ledger knows: other content, another currency, a reversal of a reversal', async () => {
    await harness.transactions([
      transaction(1),
      { ...transaction(1), amountMinor: 999n },
      { ...transaction(2), currency: 'CZK' },
      { ...transaction(3), reversesTransactionId: 't1' },
    ]);
    await harness.drained();
    await harness.transactions([{ ...transaction(4), reversesTransactionId: 't3' }, transaction(5)]);
    await harness.drained();
    const reasons = (await deadLetters()).slice(-3).map((row) => row.reason);
    expect(reasons).toEqual([Reason.CONFLICTING_DUPLICATE, Reason.WRONG_CURRENCY, Reason.REVERSAL_OF_REVERSAL]);
    expect(await ledgerOf(customerId)).toEqual(['t1', 't3', 't5']);
  });

  it('if the database refuses it for what it holds: found among its neighbours, and never scored', async () => {
    await harness.pool.query("ALTER TABLE features.ledger ADD CONSTRAINT no_poison CHECK (account_id <> 'poison')");
    await harness.transactions([failed(1), { ...failed(2), accountId: 'poison' }, failed(3)]);
    await harness.drained();
    const [last] = (await deadLetters()).slice(-1);
    expect(last).toMatchObject({ reason: Reason.REFUSED_BY_STORE, detail: 'the database refused it: SQLSTATE 23514' });
    expect(await ledgerOf(customerId)).toEqual(['t1', 't3']);
    expect(harness.peer.standing.has(derivedId('prediction', customerId, 't2'))).toBe(false);
    expect(harness.peer.standing.get(derivedId('prediction', customerId, 't3'))?.vector?.ledgerPosition).toBe(2n);
    await harness.pool.query('ALTER TABLE features.ledger DROP CONSTRAINT no_poison');
  });

  it('and it is published, once each', async () => {
    await harness.send([{ ...(await transactionRecord(harness.codec, transaction(1))), value: null }]);
    await harness.drained();
    const unpublished = async () => {
      const { outboxes } = await features.operations.getPosition({});
      return outboxes.map((outbox) => Number(outbox.lastPosition - outbox.publishedPosition));
    };
    await expect.poll(unpublished, { timeout: 45_000 }).toEqual([0]);
    const { deadLetters: listed } = await features.operations.listDeadLetters({ reason: 'NO_VALUE', pageSize: 1 });
    expect(listed[0]).toMatchObject({ topic: TRANSACTIONS.name, reason: 'NO_VALUE', attempts: 1 });
  });
});

describe('a transaction that comes again', () => {
  it('is a duplicate in the same batch, in a later one, and after a restart; its vectors are as if it had come once', async () => {
    const before = await counters();
    await harness.transactions([failed(1), failed(1), failed(2)]);
    await harness.drained();
    await harness.transactions([failed(1)]);
    await harness.drained();
    await features.stop();
    features = await harness.start();
    await harness.transactions([failed(2), failed(3)]);
    await harness.drained();
    expect(difference(await counters(), before)).toEqual({ accepted: 3n, duplicates: 3n, deadLetters: 0n, span: 6n });
    expect(await ledgerOf(customerId)).toEqual(['t1', 't2', 't3']);
    expect(harness.peer.standing.get(derivedId('prediction', customerId, 't3'))?.vector?.ledgerPosition).toBe(3n);
  });
});

describe('scoring away', () => {
  it('holds the partition and drops nothing; it resumes by itself', async () => {
    harness.peer.fault = new Error('away');
    const callsBefore = harness.peer.calls;
    await harness.transactions([failed(1)]);
    await expect.poll(() => harness.peer.calls, { timeout: 45_000 }).toBeGreaterThan(callsBefore);
    expect(await ledgerOf(customerId)).toEqual([]);
    harness.peer.fault = null;
    await harness.drained();
    expect(await ledgerOf(customerId)).toEqual(['t1']);
    expect(await deadLettersOf(customerId)).toBe(0);
  });
});

describe('another owner', () => {
  it('fences this one: nothing is written under the old epoch, and it goes on under a new one', async () => {
    const partition = partitionOf(customerId, TRANSACTIONS.partitions);
    await harness.transactions([failed(1)]);
    await harness.drained();
    const epoch = await epochOf(partition);
    await harness.pool.query('UPDATE features.consumer_positions SET epoch = epoch + 1 WHERE partition = $1', [
      partition,
    ]);
    await harness.transactions([failed(2), failed(3)]);
    await harness.drained();
    expect(await epochOf(partition)).toBeGreaterThan(epoch + 1n);
    expect(await ledgerOf(customerId)).toEqual(['t1', 't2', 't3']);
  });
});

describe('a vector unlike the one that stands', () => {
  it('leaves what stands and is recorded', async () => {
    const predictionId = derivedId('prediction', customerId, 't1');
    const asked = [...harness.peer.standing.values()][0];
    if (asked?.vector === undefined) throw new Error('no vector was asked before');
    harness.peer.standing.set(predictionId, {
      ...asked,
      vector: { ...asked.vector, values: asked.vector.values.map(() => 1) },
    });
    await harness.transactions([failed(1)]);
    await harness.drained();
    const { rows } = await harness.pool.query(
      'SELECT ledger_position FROM features.vector_conflicts WHERE prediction_id = $1',
      [predictionId],
    );
    expect(rows).toEqual([{ ledger_position: 1n }]);
  });
});

describe('a tombstone', () => {
  it('stops a customer: records enter the ledger and trigger nothing, until a later snapshot', async () => {
    const key = Buffer.from(customerId);
    const partition = partitionOf(customerId, CUSTOMER_UPDATES.partitions);
    await harness.transactions([failed(1)]);
    await harness.drained();
    await harness.send([{ topic: CUSTOMER_UPDATES.name, partition, key, value: null }]);
    await harness.transactions([failed(2)]);
    await harness.drained();
    await harness.profiles([profile()]);
    await harness.transactions([failed(3)]);
    await harness.drained();
    const { rows } = await harness.pool.query(
      'SELECT prediction_id IS NOT NULL AS triggered FROM features.ledger WHERE customer_id = $1 ORDER BY ledger_position',
      [customerId],
    );
    expect(rows).toEqual([{ triggered: true }, { triggered: false }, { triggered: true }]);
  });
});

it('the position adds up, by the counters and by the tables themselves (I1)', async () => {
  const { partitions, stored } = await features.operations.getPosition({ verify: true });
  const sum = partitions.reduce((total, p) => total + p.accepted, 0n);
  expect(partitions.map((p) => p.nextOffset - p.firstOffset)).toEqual(
    partitions.map((p) => p.accepted + p.duplicates + p.deadLetters),
  );
  expect(stored.find((set) => set.kind === 'ledger')?.count).toBe(sum);
  const counted = await features.operations.getPosition({ verify: false });
  expect(counted.stored.find((set) => set.kind === 'ledger')?.count).toBe(sum);
});

describe('FeatureService', () => {
  it('answers NOT_FOUND for whom the ledger does not know, and for a time before the first row', async () => {
    await expect(features.features.getFeatures({ customerId: 'nobody' })).rejects.toMatchObject({ code: 5 });
    await harness.transactions([transaction(1)]);
    await harness.drained();
    const early = { seconds: 1_000_000_000n, nanos: 0 };
    const before = features.features.getFeatures({ customerId, observationTime: early });
    await expect(before).rejects.toMatchObject({ code: 5 });
    const past = features.features.getFeatures({ customerId, ledgerPosition: 2n });
    await expect(past).rejects.toMatchObject({ code: 5 });
  });

  it('refuses a malformed customer_id, naming it', async () => {
    await expect(features.features.getFeatures({ customerId: 'a b' })).rejects.toThrow(/customer_id/);
  });
});

const START = 1_767_225_600; // 2026-01-01

function transaction(n: number): TransactionInit {
  return {
    transactionId: `t${n}`,
    customerId,
    accountId: 'a1',
    occurredTime: { seconds: BigInt(START + n * 3_600), nanos: 0 },
    timePrecision: Transaction_TimePrecision.SECOND,
    direction: Transaction_Direction.DEBIT,
    amountMinor: 1_000n,
    currency: 'EUR',
    status: Transaction_Status.SETTLED,
    mode: Transaction_Mode.REPLAY,
  };
}

/** A transaction that triggers. */
function failed(n: number): TransactionInit {
  return { ...transaction(n), status: Transaction_Status.FAILED };
}

function profile() {
  return {
    customerId,
    version: 1n,
    effectiveTime: { seconds: BigInt(START - 86_400), nanos: 0 },
    standing: CustomerProfile_Standing.OPEN,
    mode: CustomerProfile_Mode.REPLAY,
  };
}

async function ledgerOf(id: string): Promise<string[]> {
  const { rows } = await harness.pool.query<{ transaction_id: string }>(
    'SELECT transaction_id FROM features.ledger WHERE customer_id = $1 ORDER BY ledger_position',
    [id],
  );
  return rows.map((row) => row.transaction_id);
}

async function deadLetters() {
  const { rows } = await harness.pool.query<{ reason: Reason; detail: string }>(
    'SELECT reason, detail FROM features.dead_letters ORDER BY position',
  );
  return rows;
}

async function deadLettersOf(id: string): Promise<number> {
  const { count } = await harness.pool.query('SELECT 1 FROM features.dead_letters WHERE original_key = $1', [
    Buffer.from(id),
  ]);
  return count;
}

async function epochOf(partition: number): Promise<bigint> {
  const { rows } = await harness.pool.query<{ epoch: bigint }>(
    'SELECT epoch FROM features.consumer_positions WHERE partition = $1',
    [partition],
  );
  return rows[0]?.epoch ?? 0n;
}

interface Counters {
  readonly accepted: bigint;
  readonly duplicates: bigint;
  readonly deadLetters: bigint;
  readonly span: bigint;
}

async function counters(): Promise<Counters> {
  const { rows } = await harness.pool.query<Record<keyof Counters, string>>(
    `SELECT sum(accepted)::text AS accepted, sum(duplicates)::text AS duplicates, sum(dead_letters)::text AS "deadLetters",
            sum(next_offset - first_offset)::text AS span FROM features.consumer_positions`,
  );
  const row = rows[0] ?? { accepted: '0', duplicates: '0', deadLetters: '0', span: '0' };
  return {
    accepted: BigInt(row.accepted),
    duplicates: BigInt(row.duplicates),
    deadLetters: BigInt(row.deadLetters),
    span: BigInt(row.span),
  };
}

function difference(after: Counters, before: Counters): Counters {
  return {
    accepted: after.accepted - before.accepted,
    duplicates: after.duplicates - before.duplicates,
    deadLetters: after.deadLetters - before.deadLetters,
    span: after.span - before.span,
  };
}
