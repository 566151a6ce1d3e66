import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CustomerProfileSchema } from '../../gen/pde/events/v1/customer_profile_pb.ts';
import { DeadLetter_Reason } from '../../gen/pde/events/v1/dead_letter_pb.ts';
import { Prediction_Mode, PredictionSchema } from '../../gen/pde/events/v1/prediction_pb.ts';
import { distributionOf, latencyOf } from '../../services/cli/latency.ts';
import { type Committed, createPredictionHandlers } from '../../services/interventions/consumer.ts';
import { reportLow } from '../../services/interventions/low-reporter.ts';
import { createServiceMetrics } from '../../services/interventions/metrics.ts';
import { dashboardRows, publishedOffers } from '../../services/interventions/outgoing.ts';
import { storeRecords } from '../../services/interventions/profile-reader.ts';
import { readCounts } from '../../services/interventions/store/read-counts.ts';
import { readDashboardRowsAfter } from '../../services/interventions/store/read-dashboard-rows-after.ts';
import { readOffersAfter } from '../../services/interventions/store/read-offers-after.ts';
import { readStoredCounts, readStoredTables } from '../../services/interventions/store/read-stored.ts';
import { FencedError, type IncomingRecord, type PartitionBatch } from '../../services/platform/kafka/port.ts';
import { createPool, type Pool } from '../../services/platform/postgres/pool.ts';
import { createPositionStore, listPositions } from '../../services/platform/postgres/positions.ts';
import { createEventCodec } from '../../services/platform/registry/codec.ts';
import { createRegistry } from '../../services/platform/registry/registry.ts';
import { createMetrics } from '../../services/platform/telemetry/metrics.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testStack } from '../support/stack.ts';
import {
  applyContract,
  CUSTOMER_UPDATES,
  context,
  HOUR_MS,
  incoming,
  migrateInterventions,
  newCustomer,
  PREDICTIONS,
  type PredictionFacts,
  predictionEvent,
  profileEvent,
  T0_MS,
} from './interventions-kit.ts';

const GROUP = 'interventions-predictions';
const LOW = 0.1;
const MEDIUM = 0.4;
const HIGH = 0.6;
const CRITICAL = 0.8;

const stack = testStack();
const codec = createEventCodec({ registry: createRegistry({ url: stack.registry.url }) });
let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  await applyContract();
  database = await createTestDatabase(stack.postgres);
  await migrateInterventions(database);
  pool = createPool({ url: database.url('pde_interventions') });
});

afterAll(async () => {
  await pool.close();
  await database.drop();
});

/** An owner of one partition, at its next offset: each call of `take` is a batch. */
async function owner(partition: number) {
  const [claimed] = await createPositionStore(pool, 'interventions', GROUP).claim(PREDICTIONS.name, [partition]);
  if (claimed!.nextOffset === null) {
    await createPositionStore(pool, 'interventions', GROUP).begin(PREDICTIONS.name, partition, claimed!.epoch, 0n);
  }
  const metrics = createMetrics('test');
  const committed: Committed[] = [];
  const handlers = createPredictionHandlers({
    pool,
    codec,
    group: GROUP,
    context,
    profilesCaughtUp: async () => undefined,
    metrics: createServiceMetrics(metrics, () => T0_MS),
    onCommitted: (one) => committed.push(one),
  });
  let next = claimed!.nextOffset ?? 0n;
  return {
    committed,
    metrics,
    record: async (facts: PredictionFacts, over: Partial<IncomingRecord> = {}) => {
      const value = await codec.encode(PREDICTIONS, PredictionSchema, predictionEvent(facts));
      return incoming(PREDICTIONS, facts.customerId, value, 0n, { partition, ...over });
    },
    async take(...records: readonly IncomingRecord[]) {
      const placed = records.map((record, index) => ({ ...record, offset: next + BigInt(index) }));
      const nextOffset = next + BigInt(records.length);
      const batch: PartitionBatch = {
        topic: PREDICTIONS.name,
        partition,
        epoch: claimed!.epoch,
        firstOffset: next,
        nextOffset,
        records: placed,
        handedOverMs: T0_MS,
        attempt: 1,
      };
      await handlers.onBatch(batch, new AbortController().signal, () => undefined);
      next = nextOffset;
    },
  };
}

async function profilesOf(...events: ReturnType<typeof profileEvent>[]): Promise<void> {
  const values = await Promise.all(events.map((event) => codec.encode(CUSTOMER_UPDATES, CustomerProfileSchema, event)));
  const records = events.map((event, index) => incoming(CUSTOMER_UPDATES, event.customerId, values[index]!, 0n));
  await storeUpdateRecords(records);
}

let updatesOffset = 0n;
const deadUpdates: unknown[] = [];

async function storeUpdateRecords(records: readonly IncomingRecord[]): Promise<void> {
  const placed = records.map((record) => {
    updatesOffset += 1n;
    return { ...record, offset: updatesOffset, appendMs: T0_MS + Number(updatesOffset) };
  });
  const deps = {
    pool,
    codec,
    deadLetters: { offer: (rows: readonly unknown[]) => void deadUpdates.push(...rows) },
    metrics: { refused: () => undefined },
  };
  await storeRecords(deps, 0, placed, updatesOffset + 1n);
}

async function resultsOf(customerId: string): Promise<unknown[]> {
  const { rows } = await pool.query(
    `SELECT coalesce(suppression_reason, intervention_type) AS result FROM interventions.decisions d
     LEFT JOIN interventions.interventions i USING (decision_id) WHERE d.customer_id = $1 ORDER BY decision_number`,
    [customerId],
  );
  return rows.map((row) => row.result);
}

async function position(partition: number) {
  return (await listPositions(pool, 'interventions')).find((one) => one.partition === partition)!;
}

describe('a batch of predictions', () => {
  test('becomes decisions, with consent a contact and without one a suppression with its reason', async () => {
    const [anna, bert] = [newCustomer(0), newCustomer(0)];
    await profilesOf(profileEvent(anna, 1), profileEvent(bert, 1, { consents: [] }));
    const { take, record } = await owner(0);
    await take(
      await record({ customerId: anna, riskScore: HIGH }),
      await record({ customerId: bert, riskScore: CRITICAL }),
      await record({ customerId: anna, riskScore: LOW, atMs: T0_MS + HOUR_MS }),
      await record({ customerId: newCustomer(0), riskScore: MEDIUM }),
    );
    expect(await resultsOf(anna)).toEqual(['proactive_support', 'LOW_RISK']);
    expect(await resultsOf(bert)).toEqual(['NO_CONSENT_RECORD']);
  });

  test('is decided on what earlier batches left: open, cool-down and escalation', async () => {
    const anna = newCustomer(0);
    await profilesOf(profileEvent(anna, 1));
    const { take, record } = await owner(0);
    const day = 24 * HOUR_MS;
    for (const [riskScore, atMs] of [
      [MEDIUM, T0_MS],
      [MEDIUM, T0_MS + 1 * day],
      [HIGH, T0_MS + 2 * day],
      [MEDIUM, T0_MS + 20 * day],
      [CRITICAL, T0_MS + 21 * day],
    ] as const) {
      await take(await record({ customerId: anna, riskScore, atMs }));
    }
    expect(await resultsOf(anna)).toEqual([
      'gentle_reminder',
      'ALREADY_OPEN',
      'proactive_support',
      'COOL_DOWN',
      'urgent_outreach',
    ]);
    const { rows } = await pool.query(
      `SELECT intervention_type, status, priority, channel, risk_level, risk_score FROM interventions.interventions
       WHERE customer_id = $1 ORDER BY "timestamp"`,
      [anna],
    );
    expect(rows.map((row) => [row.intervention_type, row.status, row.priority, row.channel])).toEqual([
      ['gentle_reminder', 'ESCALATED', 3, 'email'],
      ['proactive_support', 'EXPIRED', 2, 'sms'],
      ['urgent_outreach', 'OPEN', 1, 'phone_call'],
    ]);
    expect(rows[2]).toMatchObject({ risk_level: 'CRITICAL', risk_score: CRITICAL });
  });

  test('refuses a prediction that came before: in the batch, across batches, across owners', async () => {
    const anna = newCustomer(1);
    await profilesOf(profileEvent(anna, 1));
    const first = await owner(1);
    const once = await first.record({ customerId: anna, riskScore: HIGH });
    const before = await position(1);
    await first.take(once, once);
    await first.take(once);
    await (await owner(1)).take(once, await first.record({ customerId: anna, riskScore: LOW }));
    expect(await resultsOf(anna)).toEqual(['proactive_support', 'LOW_RISK']);
    const after = await position(1);
    expect(after.duplicates - before.duplicates).toBe(3n);
    expect(after.accepted - before.accepted).toBe(2n);
    expect(after.nextOffset - before.nextOffset).toBe(5n);
  });

  test('refuses another content under the id of a prediction that came before: in the batch and later', async () => {
    const anna = newCustomer(1);
    const predictionId = randomUUID();
    const { take, record, committed } = await owner(1);
    const first = await record({ customerId: anna, predictionId, riskScore: LOW });
    const other = await record({ customerId: anna, predictionId, riskScore: CRITICAL });
    await take(first, other);
    await take(other, first);
    expect(await resultsOf(anna)).toEqual(['LOW_RISK']);
    expect(committed.map((one) => one.deadLetters.map((letter) => [letter.reason, letter.detail]))).toEqual([
      [[DeadLetter_Reason.CONFLICTING_DUPLICATE, 'prediction_id came before with other content']],
      [[DeadLetter_Reason.CONFLICTING_DUPLICATE, 'prediction_id came before with other content']],
    ]);
  });

  test('an owner that was replaced writes nothing', async () => {
    const anna = newCustomer(1);
    const old = await owner(1);
    const late = await old.record({ customerId: anna, riskScore: HIGH });
    await owner(1);
    await expect(old.take(late)).rejects.toThrow(FencedError);
    expect(await resultsOf(anna)).toEqual([]);
  });

  test('what cannot be processed is a dead letter with its reason, and the rest is decided', async () => {
    const anna = newCustomer(2);
    const { take, record, committed } = await owner(2);
    const good = await record({ customerId: anna, riskScore: LOW });
    const value = good.value!;
    const foreignId = Buffer.from(value);
    foreignId.writeUInt32BE(987_654, 1);
    const wrongLevel = predictionEvent({ customerId: anna, riskScore: HIGH });
    wrongLevel.riskLevel = 1;
    const before = await position(2);
    await take(
      { ...good, value: Buffer.from('garbage') },
      { ...good, value: foreignId },
      { ...good, value: value.subarray(0, value.length - 1) },
      { ...good, value: await codec.encode(PREDICTIONS, PredictionSchema, wrongLevel) },
      { ...good, key: Buffer.from('somebody else') },
      await record({ customerId: newCustomer(0), riskScore: LOW }),
      { ...good, value: null },
      { ...good, value: Buffer.alloc(PREDICTIONS.maxValueBytes + 1) },
      good,
    );
    expect(committed.flatMap((one) => one.deadLetters.map((letter) => letter.reason))).toEqual([
      DeadLetter_Reason.BAD_FRAMING,
      DeadLetter_Reason.UNKNOWN_SCHEMA_ID,
      DeadLetter_Reason.INVALID_PAYLOAD,
      DeadLetter_Reason.INVALID_VALUE,
      DeadLetter_Reason.WRONG_KEY,
      DeadLetter_Reason.WRONG_PARTITION,
      DeadLetter_Reason.NO_VALUE,
      DeadLetter_Reason.TOO_LARGE,
    ]);
    expect(await resultsOf(anna)).toEqual(['LOW_RISK']);
    const after = await position(2);
    expect(after.deadLetters - before.deadLetters).toBe(8n);
    expect(after.nextOffset - before.nextOffset).toBe(9n);
  });

  test('live, now is the append time, and an old observation is stale', async () => {
    const anna = newCustomer(2);
    await profilesOf(profileEvent(anna, 1));
    const { take, record } = await owner(2);
    const live = { customerId: anna, riskScore: HIGH, mode: Prediction_Mode.LIVE };
    await take(await record(live, { appendMs: T0_MS + 72 * HOUR_MS }));
    await take(await record({ ...live, atMs: T0_MS + 80 * HOUR_MS }, { appendMs: T0_MS + 81 * HOUR_MS }));
    expect(await resultsOf(anna)).toEqual(['STALE', 'proactive_support']);
    const { rows } = await pool.query(
      'SELECT decided_time FROM interventions.decisions WHERE customer_id = $1 ORDER BY decision_number',
      [anna],
    );
    expect(rows.map((row) => (row.decided_time as Date).getTime())).toEqual([
      T0_MS + 72 * HOUR_MS,
      T0_MS + 81 * HOUR_MS,
    ]);
  });

  test('what is measured is measured after the commit', async () => {
    const { take, record, metrics } = await owner(2);
    const headers = { 'pde-scheduled-send-us': String((T0_MS - 12) * 1000) };
    await take(
      await record({ customerId: newCustomer(2), riskScore: LOW }, { headers }),
      await record({ customerId: newCustomer(2), riskScore: LOW }),
    );
    const text = await metrics.text();
    expect(latencyOf(distributionOf(text))).toMatchObject({ count: 1, max: expect.closeTo(12, 0) });
    expect(text).toMatch(/pde_end_to_end_ms_sum{service="test"} 12\n/);
    expect(text).toMatch(/pde_end_to_end_ms_count{service="test"} 1\n/);
    expect(text).toMatch(/pde_decisions_total{level="LOW",result="LOW_RISK",service="test"} 2\n/);
  });
});

describe('profiles', () => {
  test('of several versions the highest in effect at the decision counts', async () => {
    const anna = newCustomer(0);
    const later = {
      seconds: BigInt((T0_MS + 48 * HOUR_MS) / 1000),
      nanos: 0,
      $typeName: 'google.protobuf.Timestamp' as const,
    };
    await profilesOf(
      profileEvent(anna, 1),
      profileEvent(anna, 2, { effectiveTime: later, timeZone: 'Europe/Atlantis' }),
    );
    const { take, record } = await owner(0);
    await take(
      await record({ customerId: anna, riskScore: MEDIUM, atMs: T0_MS }),
      await record({ customerId: anna, riskScore: HIGH, atMs: T0_MS + 48 * HOUR_MS }),
    );
    expect(await resultsOf(anna)).toEqual(['gentle_reminder', 'UNKNOWN_TIME_ZONE']);
  });

  test('a tombstone stops contact at once, a new version lifts it, a repeated one does not', async () => {
    const anna = newCustomer(0);
    const { take, record } = await owner(0);
    await profilesOf(profileEvent(anna, 1));
    await storeUpdateRecords([incoming(CUSTOMER_UPDATES, anna, null, 0n)]);
    await profilesOf(profileEvent(anna, 1));
    await take(await record({ customerId: anna, riskScore: HIGH }));
    await profilesOf(profileEvent(anna, 2));
    await take(await record({ customerId: anna, riskScore: HIGH }));
    expect(await resultsOf(anna)).toEqual(['CUSTOMER_STOPPED', 'proactive_support']);
  });

  test('the same version with other content is a dead letter, with the same a repeat, and what stands stays', async () => {
    const anna = newCustomer(0);
    deadUpdates.length = 0;
    const event = profileEvent(anna, 1);
    await profilesOf(event, { ...event, consents: [...event.consents].reverse() }, { ...event, consents: [] });
    await profilesOf({ ...event, timeZone: 'UTC' });
    expect(deadUpdates).toMatchObject([
      { reason: DeadLetter_Reason.CONFLICTING_DUPLICATE, detail: 'the same version came before with other content' },
      { reason: DeadLetter_Reason.CONFLICTING_DUPLICATE },
    ]);
    const { rows } = await pool.query(
      'SELECT time_zone, json_array_length(consents) AS consents FROM interventions.profiles WHERE customer_id = $1',
      [anna],
    );
    expect(rows).toEqual([{ time_zone: 'Europe/Prague', consents: 3 }]);
  });
});

describe('a profile that the database refuses for what it holds', () => {
  test('is a dead letter, and its neighbours are stored', async () => {
    const [anna, bert, carl] = [newCustomer(0), newCustomer(0), newCustomer(0)];
    const execute = async (sql: string) => {
      const owner = createPool({ url: database.url('pde_interventions_owner') });
      await owner.query(sql).finally(() => owner.close());
    };
    await execute("ALTER TABLE interventions.profiles ADD CONSTRAINT no_poison CHECK (time_zone <> 'poison')");
    deadUpdates.length = 0;
    await profilesOf(profileEvent(anna, 1), profileEvent(bert, 1, { timeZone: 'poison' }), profileEvent(carl, 1));
    await execute('ALTER TABLE interventions.profiles DROP CONSTRAINT no_poison');
    const detail = 'the database refused it: SQLSTATE 23514';
    expect(deadUpdates).toMatchObject([{ reason: DeadLetter_Reason.REFUSED_BY_STORE, detail }]);
    const { rows } = await pool.query(
      'SELECT customer_id FROM interventions.profiles WHERE customer_id = ANY ($1) ORDER BY log_offset',
      [[anna, bert, carl]],
    );
    expect(rows).toEqual([{ customer_id: anna }, { customer_id: carl }]);
  });
});

describe('what is kept', () => {
  test('counters equal what a count of the tables gives', async () => {
    const { rows } = await pool.query<{ level: string; customers: bigint }>(
      `SELECT risk_level AS level, count(*) AS customers FROM (
         SELECT DISTINCT ON (customer_id) risk_level FROM interventions.decisions ORDER BY customer_id, decision_number DESC
       ) latest GROUP BY risk_level ORDER BY risk_level`,
    );
    const counted = await readCounts(pool);
    expect(counted.customers).toEqual(
      rows.map(({ level, customers }) => ({ riskLevel: level, customers: Number(customers) })),
    );
    const kindAndCount = ({ kind, count }: { kind: string; count: bigint }) => [kind, count];
    const tables = await readStoredTables(pool);
    expect((await readStoredCounts(pool)).map(kindAndCount)).toEqual(tables.map(kindAndCount));
    expect(counted.decisions.reduce((sum, row) => sum + row.decisions, 0)).toBe(Number(tables[0]!.count));
  });

  test('the digest of decisions is over the ids of predictions', async () => {
    const { createHash } = await import('node:crypto');
    const { rows } = await pool.query<{ id: string }>('SELECT prediction_id AS id FROM interventions.decisions');
    const sum = rows.reduce((total, { id }) => total + createHash('md5').update(id).digest().readBigUInt64BE(0), 0n);
    expect((await readStoredTables(pool))[0]!.idDigest).toBe(BigInt.asUintN(64, sum));
  });

  test('rows handed to the relays equal those that they would read', async () => {
    const [anna, bert] = [newCustomer(0), newCustomer(0)];
    await profilesOf(profileEvent(anna, 1));
    const { take, record, committed } = await owner(0);
    await take(
      await record({ customerId: anna, riskScore: HIGH }),
      await record({ customerId: bert, riskScore: HIGH }),
      await record({ customerId: bert, riskScore: LOW }),
    );
    const [{ decided, taken }] = committed as [Committed];
    expect(await readOffersAfter(pool, 0, taken.offers! - 1n, 10)).toEqual(publishedOffers(decided, taken.offers!));
    expect(await readDashboardRowsAfter(pool, 0, taken.dashboard! - 1n, 10)).toEqual(
      dashboardRows(decided, taken.dashboard!),
    );
  });

  test('LOW decisions are reported once, as a count', async () => {
    const { take, record } = await owner(2);
    await reportLow(pool, 2);
    expect(await reportLow(pool, 2)).toBeNull();
    const low = () => record({ customerId: newCustomer(2), riskScore: LOW, atMs: T0_MS + 900 * HOUR_MS + 1234 });
    await take(await low(), await low());
    const reports = await Promise.all([reportLow(pool, 2), reportLow(pool, 2)]);
    const [made] = reports.filter((one) => one !== null);
    expect(reports).toContain(null);
    expect(made!.until - made!.after).toBe(2n);
    expect(made!.secondMs).toBe(T0_MS + 900 * HOUR_MS + 1000);
    expect(await readDashboardRowsAfter(pool, 2, made!.position - 1n, 10)).toEqual([made]);
  });

  test('the run-time role can neither change nor delete a decision, an offer, an outcome or a profile', async () => {
    for (const table of ['decisions', 'offers', 'outcomes', 'profiles', 'profile_stops', 'dashboard_rows']) {
      await expect(pool.query(`DELETE FROM interventions.${table}`)).rejects.toMatchObject({ code: '42501' });
      await expect(pool.query(`UPDATE interventions.${table} SET customer_id = ''`)).rejects.toThrow();
    }
  });
});
