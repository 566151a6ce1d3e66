/** kill -9 at each named crash point, and a restart: nothing lost, nothing twice, nothing differing (I1, I2, I3, I4). */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  Transaction_Direction,
  Transaction_Mode,
  Transaction_Status,
  Transaction_TimePrecision,
} from '../../gen/pde/events/v1/transaction_pb.ts';
import { createHarness, type Harness, type TransactionInit } from './features-support.ts';

const MAIN = new URL('../../services/features/main.ts', import.meta.url).pathname;
const START_S = 1_767_225_600; // 2026-01-01

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.close());

it.each(['before-score', 'after-score-before-commit', 'after-move-before-commit', 'after-commit'])(
  'killed at %s',
  async (point) => {
    const customerId = `crash-${point}`;
    const rows = Array.from({ length: 12 }, (_, n) => transaction(customerId, n));
    const victim = start({ PDE_CRASH_POINT: point });
    await harness.transactions(rows.slice(0, 5));
    const [, signal] = await once(victim, 'exit');
    expect(signal).toBe('SIGKILL');

    // What was sent before the kill comes again from the offset that was committed; a resend of its own comes on top.
    await harness.transactions([...rows.slice(3, 5), ...rows.slice(5)]);
    const survivor = start({});
    await harness.drained();
    survivor.kill('SIGTERM');
    expect(await once(survivor, 'exit')).toEqual([0, null]);

    const { rows: ledger } = await harness.pool.query<{ transaction_id: string; n: number; vector_sha256: string }>(
      `SELECT transaction_id, ledger_position::float8 AS n, vector_sha256 FROM features.ledger
     WHERE customer_id = $1 ORDER BY ledger_position`,
      [customerId],
    );
    expect(ledger.map((row) => row.transaction_id)).toEqual(rows.map((row) => row.transactionId));
    const standing = [...harness.peer.standing.values()].filter(({ vector }) => vector?.customerId === customerId);
    expect(standing.map(({ vector }) => Number(vector?.ledgerPosition))).toEqual(ledger.map((row) => row.n));
    expect(await sums()).toEqual({ lost: 0, conflicts: 0 });
  },
);

it('a signal ends it in good order', async () => {
  const service = start({});
  await ready(service);
  service.kill('SIGTERM');
  expect(await once(service, 'exit')).toEqual([0, null]);
});

function start(settings: Readonly<Record<string, string>>): ChildProcess {
  // The broker waits this long for the dead before it gives their partitions to the living.
  const patience = { PDE_FEATURES_SESSION_TIMEOUT_MS: '6000' };
  const env = { PATH: process.env.PATH, ...harness.environment, ...patience, ...settings };
  return spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] });
}

async function ready(service: ChildProcess): Promise<void> {
  for await (const chunk of service.stdout ?? []) if (String(chunk).includes('"event":"ready"')) return;
}

/** Each triggers: it failed. */
function transaction(customerId: string, n: number): TransactionInit {
  return {
    transactionId: `t${n}`,
    customerId,
    accountId: 'a1',
    occurredTime: { seconds: BigInt(START_S + n * 7_200), nanos: 0 },
    timePrecision: Transaction_TimePrecision.SECOND,
    direction: Transaction_Direction.DEBIT,
    amountMinor: BigInt(1_000 + n),
    currency: 'EUR',
    status: Transaction_Status.FAILED,
    mode: Transaction_Mode.REPLAY,
  };
}

async function sums() {
  const { rows } = await harness.pool.query(
    `SELECT (SELECT sum(next_offset - first_offset - accepted - duplicates - dead_letters)::float8
             FROM features.consumer_positions) AS lost,
            (SELECT count(*)::float8 FROM features.vector_conflicts) AS conflicts`,
  );
  return rows[0];
}
