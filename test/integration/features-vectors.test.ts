/**
 * The same stream gives the same ledger and the same vectors, to the bit, whatever the batches, the caches, the snapshots and the
 * number of instances; and GetFeatures as of (t, n, v) gives the bits that the live path gave.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CustomerProfile_Mode,
  CustomerProfile_ObligationKind,
  CustomerProfile_Standing,
} from '../../gen/pde/events/v1/customer_profile_pb.ts';
import {
  Transaction_Category,
  Transaction_Channel,
  type Transaction_Declaration,
  Transaction_Direction,
  Transaction_Mode,
  Transaction_Status,
  Transaction_TimePrecision,
} from '../../gen/pde/events/v1/transaction_pb.ts';
import type { FeatureVector } from '../../gen/pde/features/v1/feature_pb.ts';
import { createHarness, type Harness, type TransactionInit } from './features-support.ts';

const CUSTOMERS = 8;
const ROWS = 120;
const DAY_S = 86_400;
const START_S = 1_640_995_200; // 2022-01-01

interface Way {
  readonly name: string;
  readonly instances: readonly Readonly<Record<string, string>>[];
}

const WAYS: readonly Way[] = [
  { name: 'batches of up to 500', instances: [{}] },
  { name: 'batches of one', instances: [{ PDE_FEATURES_BATCH_MAX: '1' }] },
  {
    name: 'two instances that snapshot every 20 rows',
    instances: [
      { PDE_FEATURES_SNAPSHOT_ROWS: '20' },
      { PDE_FEATURES_SNAPSHOT_ROWS: '20', PDE_FEATURES_CACHE_PROFILES: '1' },
    ],
  },
];

const harnesses: Harness[] = [];
let results: Awaited<ReturnType<typeof outcomeOf>>[] = [];

beforeAll(async () => {
  for (const _ of WAYS) harnesses.push(await createHarness());
  const [first] = harnesses;
  for (const round of history()) {
    await first!.profiles(round.profiles);
    await first!.transactions(round.transactions);
  }
  results = [];
  for (const [index, way] of WAYS.entries()) results.push(await run(way, harnesses[index]!));
});
afterAll(async () => {
  for (const harness of harnesses) await harness.close();
});

describe('one stream', () => {
  it('is long enough to matter: late, failed, undone and repeated rows, profiles in mid-stream, a fold behind the window', () => {
    const [first] = results;
    expect(first!.ledger.length).toBe(CUSTOMERS * ROWS);
    expect(first!.vectors.length).toBeGreaterThan(CUSTOMERS * 20);
    expect(new Set(first!.vectors.map((vector) => vector.profileVersion))).toEqual(new Set([1, 2, 3]));
    expect(first!.duplicates).toBeGreaterThan(0);
  });

  it.each(WAYS.slice(1).map((way, index) => [way.name, index + 1] as const))('gives the same in %s', (_, index) => {
    expect(results[index]!.ledger).toEqual(results[0]!.ledger);
    expect(results[index]!.vectors).toEqual(results[0]!.vectors);
  });

  it('in snapshots: they were written, and read', () => {
    expect(results[2]!.snapshots).toBe(CUSTOMERS);
  });
});

describe('GetFeatures', () => {
  it('as of (t, n, v) gives the bits of the live path, on any instance', async () => {
    const [harness] = harnesses;
    const features = await harness!.start();
    const standing = [...harness!.peer.standing.values()].map((row) => row.vector!);
    for (let at = 0; at < standing.length; at += 25) {
      const asked = standing.slice(at, at + 25);
      const answers = await Promise.all(asked.map((vector) => features.features.getFeatures(asOf(vector))));
      expect(answers.map((answer) => answer.vector)).toEqual(asked);
    }
    await features.stop();
  });

  it('answers OUT_OF_RANGE for a time beyond what the ledger keeps', async () => {
    const [harness] = harnesses;
    const features = await harness!.start({ PDE_FEATURES_RETENTION_DAYS: '100' });
    const observationTime = { seconds: BigInt(START_S + 10 * DAY_S), nanos: 0 };
    const answer = features.features.getFeatures({ customerId: 'vector-0', observationTime });
    await expect(answer).rejects.toMatchObject({ code: 11 });
    await features.stop();
  });

  it("without a time is the ledger's latest, with all that is known; and names only what is known", async () => {
    const [harness] = harnesses;
    const features = await harness!.start();
    const answer = await features.features.getFeatures({ customerId: 'vector-0' });
    expect(answer.vector?.ledgerPosition).toBe(BigInt(ROWS));
    expect(answer.vector?.profileVersion).toBe(3n);
    const known = answer.vector!.values.filter((value) => !Number.isNaN(value)).length;
    const named = Object.entries(answer.features!).filter(([, value]) => typeof value === 'number');
    expect(named.length).toBe(known);
    await features.stop();
  });
});

/** The observation of a vector. */
function asOf({ customerId, observationTime, ledgerPosition, profileVersion }: FeatureVector) {
  return { customerId, observationTime: observationTime!, ledgerPosition, profileVersion };
}

async function run(way: Way, harness: Harness) {
  const instances = await Promise.all(way.instances.map((settings) => harness.start(settings)));
  await harness.drained();
  for (const instance of instances) await instance.stop();
  return await outcomeOf(harness);
}

async function outcomeOf(harness: Harness) {
  const { rows: ledger } = await harness.pool.query(
    `SELECT customer_id, ledger_position, transaction_id, triggers, prediction_id, profile_version, vector_sha256
     FROM features.ledger ORDER BY customer_id, ledger_position`,
  );
  const { rows: sums } = await harness.pool.query<{ duplicates: number; snapshots: number }>(
    `SELECT (SELECT sum(duplicates)::float8 FROM features.consumer_positions) AS duplicates,
            (SELECT count(*)::float8 FROM features.window_snapshots) AS snapshots`,
  );
  const vectors = [...harness.peer.standing.entries()]
    .map(([predictionId, { vector }]) => ({
      predictionId,
      profileVersion: Number(vector!.profileVersion),
      ledgerPosition: vector!.ledgerPosition,
      eligibility: vector!.eligibility,
      values: vector!.values,
    }))
    .sort((a, b) => (a.predictionId < b.predictionId ? -1 : 1));
  return { ledger, vectors, duplicates: sums[0]!.duplicates, snapshots: sums[0]!.snapshots };
}

/** A seeded generator of numbers from 0 to 1 (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Rounds of profiles and then transactions, as a producer sends them: each profile before the first transaction that it is for. */
function history() {
  const random = randomOf(7);
  const perRound = ROWS / 3;
  return [0, 1, 2].map((round) => ({
    profiles: customerIds().map((customerId) => profile(customerId, round)),
    transactions: Array.from({ length: perRound }, (_, i) => round * perRound + i).flatMap((n) =>
      customerIds().flatMap((customerId) => rowsOf(customerId, n, random)),
    ),
  }));
}

function customerIds(): string[] {
  return Array.from({ length: CUSTOMERS }, (_, index) => `vector-${index}`);
}

/** The n-th row of a customer; some come twice, some late, some failed, some undo an earlier or a later one. */
function rowsOf(customerId: string, n: number, random: () => number): TransactionInit[] {
  const late = n > 5 && random() < 0.06 ? Math.floor(random() * 160) : 0;
  const second = Math.max(0, n * 4 - late) * DAY_S + Math.floor(random() * DAY_S);
  const isSalary = n % 8 === 0;
  const isFailed = !isSalary && random() < 0.1;
  const row: TransactionInit = {
    transactionId: `t${n}`,
    customerId,
    accountId: random() < 0.8 ? 'a1' : 'a2',
    occurredTime: { seconds: BigInt(START_S + second), nanos: 0 },
    utcOffsetMinutes: random() < 0.5 ? 60 : 120,
    timePrecision: Transaction_TimePrecision.SECOND,
    direction: isSalary ? Transaction_Direction.CREDIT : Transaction_Direction.DEBIT,
    amountMinor: BigInt(isSalary ? 250_000 : 1_000 + Math.floor(random() * 90_000)),
    currency: 'EUR',
    status: isFailed ? Transaction_Status.FAILED : Transaction_Status.SETTLED,
    channel: pick(random, [Transaction_Channel.CARD, Transaction_Channel.ATM, Transaction_Channel.TRANSFER]),
    category: isSalary ? Transaction_Category.SALARY : pick(random, SPENDING),
    merchantId: isSalary ? '' : `m${Math.floor(random() * 12)}`,
    counterpartyId: isSalary ? 'employer' : '',
    balanceAfterMinor: BigInt(Math.floor(random() * 500_000) - 50_000),
    declares: DECLARES_ALL,
    mode: Transaction_Mode.REPLAY,
    reversesTransactionId: isFailed ? '' : undoneBy(n, random()),
  };
  return random() < 0.04 ? [row, row] : [row];
}

/** Every third row may undo the one before it, or the next, which has not come: neither undoes anything itself. */
function undoneBy(n: number, chance: number): string {
  if (n % 3 !== 1 || chance > 0.3) return '';
  return chance < 0.2 ? `t${n - 1}` : `t${n + 1}`;
}

const SPENDING = [
  Transaction_Category.GROCERIES,
  Transaction_Category.RENT,
  Transaction_Category.DINING,
  Transaction_Category.CASH,
];
const DECLARES_ALL: Transaction_Declaration[] = [1, 2, 3, 4, 5, 6];

function pick<T>(random: () => number, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)]!;
}

function profile(customerId: string, round: number) {
  // After every transaction of the rounds before, and before the first of this one that is not late.
  const effectiveDay = round === 0 ? -30 : round * (ROWS / 3) * 4 - 2;
  return {
    customerId,
    version: BigInt(round + 1),
    effectiveTime: { seconds: BigInt(START_S + effectiveDay * DAY_S), nanos: 0 },
    obligationsDeclared: true,
    obligations: [
      {
        obligationId: 'rent',
        kind: CustomerProfile_ObligationKind.RENT,
        amountMinor: BigInt(60_000 + round * 5_000),
        firstDueDate: '2022-01-05',
        intervalMonths: 1,
      },
    ],
    standing: CustomerProfile_Standing.OPEN,
    mode: CustomerProfile_Mode.REPLAY,
  };
}
