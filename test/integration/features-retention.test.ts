/**
 * Months of the ledger that its retention no longer keeps are dropped, and nothing that can still be asked changes by a bit: two engines of the
 * same retention process the same stream, and of one a good part of the ledger is dropped in between.
 */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { GetFeaturesRequestSchema } from '../../gen/pde/features/v1/feature_service_pb.ts';
import type { LedgerRow } from '../../services/domain/bank/transaction.ts';
import { DAY_MS } from '../../services/domain/calendar/days.ts';
import { isReversal } from '../../services/domain/features/records.ts';
import { randomCustomer } from '../../services/domain/features/testing/random-histories.ts';
import { dropOldMonths } from '../../services/features/retention.ts';
import { createFeaturesRpc } from '../../services/features/rpc.ts';
import { countTables } from '../../services/features/store/count-stored.ts';
import { createPool, type Pool, type Queryable } from '../../services/platform/postgres/pool.ts';
import { toTransaction } from '../../services/simulator/convert.ts';
import { createHarness, type Harness, type RunningFeatures, type TransactionInit } from './features-support.ts';

const RETENTION_DAYS = 90;
const SETTINGS = { PDE_FEATURES_RETENTION_DAYS: String(RETENTION_DAYS), PDE_FEATURES_SNAPSHOT_ROWS: '20' };

/** Customers whose histories are long enough that most of the first half is past the retention. */
const CUSTOMERS = Array.from({ length: 16 }, (_, number) => ({
  customerId: `kept-${number}`,
  rows: randomCustomer(number).rows,
}));

const half = (rows: readonly LedgerRow[]) => Math.floor(rows.length / 2);
const initsOf = (customerId: string, rows: readonly LedgerRow[]): TransactionInit[] =>
  rows.map((row) => ({ ...toTransaction(customerId, 'EUR', row, 'replay'), customerId }));
const FIRST = CUSTOMERS.flatMap(({ customerId, rows }) => initsOf(customerId, rows.slice(0, half(rows))));
const SECOND = CUSTOMERS.flatMap(({ customerId, rows }) => initsOf(customerId, rows.slice(half(rows))));

let dropping: Harness;
let keeping: Harness;
let dropped: RunningFeatures;

beforeAll(async () => {
  keeping = await createHarness();
  const whole = await keeping.start(SETTINGS);
  await keeping.transactions(FIRST);
  await keeping.drained();
  await keeping.transactions(SECOND);
  await keeping.drained();
  await whole.stop();

  dropping = await createHarness();
  const before = await dropping.start(SETTINGS);
  await dropping.transactions(FIRST);
  await dropping.drained();
  await before.stop();
  await age(dropping.pool);
  dropped = await dropping.start(SETTINGS);
  await untilDropped(dropping.pool);
  await dropping.transactions(SECOND);
  await dropping.drained();
}, 180_000);
afterAll(async () => {
  await dropped.stop();
  await keeping.close();
  await dropping.close();
});

/** What an engine answers from its database. */
async function ask({ pool }: Harness, request: MessageInitShape<typeof GetFeaturesRequestSchema>) {
  const rpc = createFeaturesRpc({ pool, now: Date.now, retentionMs: RETENTION_DAYS * DAY_MS });
  return await rpc.getFeatures(create(GetFeaturesRequestSchema, request), undefined as never);
}

/** As if what is in the ledger had arrived three years ago; and no snapshot helps. */
async function age(owner: Pool): Promise<void> {
  await owner.query("SELECT features.make_ledger_months(now() - interval '36 months', 1)");
  await owner.query(
    "UPDATE features.ledger SET arrival_time = date_trunc('month', now() - interval '36 months') + interval '1 day'",
  );
  await owner.query('DELETE FROM features.window_snapshots');
}

async function untilDropped(owner: Pool): Promise<void> {
  const count = async () => (await owner.query('SELECT FROM features.dropped_months')).count;
  await vi.waitFor(async () => expect(await count()).toBe(1), { timeout: 60_000, interval: 50 });
}

const rowsOf = async <R extends object>({ pool }: Harness, sql: string) => (await pool.query<R>(sql)).rows;

describe('after a month was dropped', () => {
  it('what came later has the vectors of an engine that dropped nothing, bit by bit', async () => {
    const sql = `SELECT customer_id, ledger_position, transaction_id, triggers, vector_sha256 FROM features.ledger
                 ORDER BY customer_id, ledger_position`;
    const kept = await rowsOf<{ customer_id: string; ledger_position: bigint }>(dropping, sql);
    const all = await rowsOf<{ customer_id: string; ledger_position: bigint }>(keeping, sql);
    const names = new Set(kept.map((row) => `${row.customer_id} ${row.ledger_position}`));
    expect(kept.length).toBeGreaterThan(500);
    expect(kept).toEqual(all.filter((row) => names.has(`${row.customer_id} ${row.ledger_position}`)));
    expect(all.length - kept.length).toBeGreaterThan(500);
  });

  it('the same records are dead letters, for the same reasons', async () => {
    const sql =
      'SELECT reason, detail, convert_from(original_key, $$UTF8$$) AS key FROM features.dead_letters ORDER BY 3, 2, 1';
    expect(await rowsOf(dropping, sql)).toEqual(await rowsOf(keeping, sql));
    expect((await rowsOf(dropping, sql)).length).toBeGreaterThan(0);
  });

  it('every n that is kept is answered as before, by the base alone too', async () => {
    await dropping.pool.query('DELETE FROM features.window_snapshots');
    let compared = 0;
    for (const { customerId } of CUSTOMERS) {
      const position = await baseOf(customerId);
      const last = (await lastOf(customerId)).ledgerRows;
      for (let n = position; n <= last; n += 5) {
        const request = { customerId, ledgerPosition: BigInt(n) };
        const [one, other] = await Promise.all([ask(dropping, request), ask(keeping, request)]);
        expect(one).toEqual(other);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(100);
  });

  it('what is beyond it is out of range, and never a wrong answer', async () => {
    for (const { customerId, rows } of CUSTOMERS) {
      const position = await baseOf(customerId);
      const early = { customerId, ledgerPosition: BigInt(position - 1) };
      await expect(ask(dropping, early)).rejects.toMatchObject({ code: Code.OutOfRange });
      const latestMs = (await lastOf(customerId)).latestMs;
      for (const row of rows.filter((_, n) => n % 15 === 0)) {
        if (row.occurredMs > latestMs) continue;
        const request = {
          customerId,
          observationTime: { seconds: BigInt(Math.floor(row.occurredMs / 1000)), nanos: 0 },
        };
        const answers = await Promise.allSettled([ask(dropping, request), ask(keeping, request)]);
        const [one, other] = answers;
        if (one.status === 'fulfilled') expect(other).toEqual(one);
        else expect(one.reason).toMatchObject({ code: expect.toBeOneOf([Code.OutOfRange, Code.NotFound]) });
      }
    }
  });

  it('what came before comes again as a duplicate, or as the dead letter that it was', async () => {
    const before = await totals(dropping);
    await dropping.transactions(FIRST);
    await dropping.drained();
    const after = await totals(dropping);
    expect(after.accepted).toBe(before.accepted);
    expect(after.duplicates - before.duplicates + (after.dead - before.dead)).toBe(BigInt(FIRST.length));
    expect(after.duplicates - before.duplicates).toBeGreaterThan(BigInt(FIRST.length / 2));
  });

  it('the sums of I1 go on, with what the month held', async () => {
    const { stored, partitions } = await dropped.operations.getPosition({ verify: true });
    const all = await countTables(keeping.pool);
    const told = (kind: string) => stored.find((one) => one.kind === kind)!;
    const counted = (kind: string) => all.find((one) => one.kind === kind)!;
    for (const kind of ['ledger', 'triggered']) {
      expect([told(kind).count, told(kind).idDigest]).toEqual([counted(kind).count, String(counted(kind).idDigest)]);
    }
    expect(told('expired').count).toBeGreaterThan(500n);
    expect(partitions.reduce((sum, one) => sum + one.accepted, 0n)).toBe(told('ledger').count);
  });
});

describe('the role that the service runs as', () => {
  it('can drop no month that no base stands for, and none that is not over', async () => {
    const pool = createPool({ url: keeping.environment.PDE_POSTGRES_URL, max: 1 });
    const owner = keeping.pool;
    try {
      const drop = (month: string) => pool.query('SELECT features.drop_ledger_month($1::date)', [month]);
      const { rows } = await owner.query<{ month: string }>("SELECT to_char(now(), 'YYYY-MM-01') AS month");
      await expect(drop(rows[0]!.month)).rejects.toMatchObject({ code: '22023' });
      await expect(drop('2023-01-02')).rejects.toMatchObject({ code: '22023' });
      await owner.query("SELECT features.make_ledger_months('2023-01-01', 1)");
      await owner.query(
        `UPDATE features.ledger SET arrival_time = '2023-01-05' WHERE customer_id = $1 AND ledger_position = 1`,
        [CUSTOMERS[0]!.customerId],
      );
      await expect(drop('2023-01-01')).rejects.toMatchObject({ code: '55000' });
      await owner.query("UPDATE features.ledger SET arrival_time = now() WHERE arrival_time < '2023-02-01'");
      await drop('2023-01-01');
      await expect(pool.query('DROP TABLE features.ledger')).rejects.toMatchObject({ code: '42501' });
      await expect(pool.query('DELETE FROM features.ledger')).rejects.toMatchObject({ code: '42501' });
    } finally {
      await pool.close();
    }
  });
});

it('several instances may drop at once, and one may have ended half way', async () => {
  await age(keeping.pool);
  const rows = (await keeping.pool.query('SELECT FROM features.ledger')).count;
  const pool = createPool({ url: keeping.environment.PDE_POSTGRES_URL, max: 2 });
  const drop = (db: Queryable) =>
    dropOldMonths({
      ...{ db, retentionMs: RETENTION_DAYS * DAY_MS, nowMs: Date.now(), signal: new AbortController().signal },
    });
  const last = async () => {
    const requests = CUSTOMERS.map(({ customerId }) => ask(keeping, { customerId }));
    return await Promise.all(requests);
  };
  try {
    const before = await last();
    await expect(drop(endingBeforeTheDrop(pool))).rejects.toThrow('ended');
    expect(await last()).toEqual(before);
    expect((await keeping.pool.query('SELECT FROM features.ledger_bases')).count).toBe(CUSTOMERS.length);
    const dropped = (await Promise.all([drop(pool), drop(pool)])).flat();
    expect(dropped.reduce((sum, { rows }) => sum + rows, 0)).toBe(rows);
    expect(new Set(dropped.map(({ month }) => month)).size).toBe(dropped.length);
    expect(await last()).toEqual(before);
    expect((await keeping.pool.query('SELECT FROM features.ledger')).count).toBe(0);
  } finally {
    await pool.close();
  }
});

/** A database that is lost when the month is to go. */
function endingBeforeTheDrop(db: Queryable): Queryable {
  return {
    prepared: db.prepared,
    query: async (sql, params) => {
      if (sql.includes('drop_ledger_month')) throw new Error('ended');
      return await db.query(sql, params);
    },
  };
}

it('the histories hold what is hard: late rows, and reversals of what is gone', () => {
  expect(CUSTOMERS.some(({ rows }) => rows.slice(half(rows)).some(isReversal))).toBe(true);
});

async function baseOf(customerId: string): Promise<number> {
  const sql = 'SELECT ledger_position::float8 AS position FROM features.ledger_bases WHERE customer_id = $1';
  return (await dropping.pool.query<{ position: number }>(sql, [customerId])).rows[0]!.position;
}

async function lastOf(customerId: string) {
  const sql = `SELECT ledger_rows::float8 AS "ledgerRows", latest_occurred_ms::float8 AS "latestMs" FROM features.customers
               WHERE customer_id = $1`;
  return (await dropping.pool.query<{ ledgerRows: number; latestMs: number }>(sql, [customerId])).rows[0]!;
}

async function totals({ pool }: Harness) {
  const { rows } = await pool.query<{ accepted: bigint; duplicates: bigint; dead: bigint }>(
    `SELECT sum(accepted)::int8 AS accepted, sum(duplicates)::int8 AS duplicates, sum(dead_letters)::int8 AS dead
     FROM features.consumer_positions`,
  );
  return rows[0]!;
}
