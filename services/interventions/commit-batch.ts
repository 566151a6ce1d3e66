/**
 * The one transaction of a batch: the offset with its counters, then decisions, what is counted of them, offers, dashboard rows
 * and dead letters (I1, I3, I5).
 *
 * The offset moves first: while the position's row is locked no other owner can decide about the same predictions (I2), and whatever
 * the rest of the statements, sent with it, did for one who is no longer the owner is rolled back. The commit is synchronous: what
 * the world is told must stand.
 */
import { insertDeadLetters, type WholeDeadLetter } from '../platform/dead-letters/store.ts';
import type { PartitionBatch } from '../platform/kafka/port.ts';
import { crashPoint } from '../platform/lifecycle/crash-point.ts';
import { takePositions } from '../platform/outbox/shards.ts';
import { type Pool, type Transaction, together } from '../platform/postgres/pool.ts';
import { movePosition } from '../platform/postgres/positions.ts';
import type { Refusal } from './check-record.ts';
import type { DecidedBatch } from './decide-batch.ts';
import { addCounts } from './store/add-counts.ts';
import { insertDashboardRows } from './store/insert-dashboard-rows.ts';
import { insertDecisions } from './store/insert-decisions.ts';
import { insertOffers } from './store/insert-offers.ts';
import { DASHBOARD_OUTBOX, OFFERS_OUTBOX, SCHEMA, SERVICE } from './store/rows.ts';
import { saveCustomers } from './store/save-customers.ts';

/** Whose dead letters, and where they are. */
export const STORE = { schema: SCHEMA, service: SERVICE };

/** What a batch comes to: decisions + duplicates + dead letters = its records. */
export interface BatchEffect {
  readonly decided: DecidedBatch;
  readonly duplicates: number;
  readonly refusals: readonly Refusal[];
}

/** First positions of the batch's rows in the outboxes; null: it has none. */
export interface TakenPositions {
  readonly offers: bigint | null;
  readonly dashboard: bigint | null;
}

/** What was written, for the relays. */
export interface Written {
  readonly taken: TakenPositions;
  readonly deadLetters: readonly WholeDeadLetter[];
}

/** @throws FencedError if the partition is another owner's by now: nothing was written */
export async function commitBatch(
  pool: Pool,
  group: string,
  batch: PartitionBatch,
  effect: BatchEffect,
): Promise<Written> {
  const { topic, partition, epoch, firstOffset: from, nextOffset: to } = batch;
  const { decided, duplicates, refusals } = effect;
  const accepted = decided.decisions.length;
  const move = { schema: SCHEMA, group, topic, partition, epoch, from, to };
  return await pool.transaction(async (tx) => {
    const [, taken, dead] = await together(
      movePosition(tx, { ...move, accepted, duplicates, deadLetters: refusals.length }),
      writeDecided(tx, partition, decided),
      insertDeadLetters(tx, STORE, withAttempts(refusals, batch.attempt)),
    );
    crashPoint('interventions-before-commit');
    return { taken, deadLetters: dead };
  });
}

/** Refusals as dead letters are made of them. */
export function withAttempts(refusals: readonly Refusal[], attempts: number) {
  return refusals.map(({ record, reason, detail }) => ({ record, reason, detail, attempts }));
}

/** The shard of every row is the partition: a customer's rows stay in one, in order. Every writer goes in this order, so that no two wait for one another. */
export async function writeDecided(tx: Transaction, shard: number, decided: DecidedBatch): Promise<TakenPositions> {
  const { decisions, offers, customers, decisionCounts, customerCounts } = decided;
  if (decisions.length === 0) return { offers: null, dashboard: null };
  const toReport = reportedDecisions(decided).map((row) => row.decisionId);
  const [, , , dashboard, first] = await together(
    insertDecisions(tx, decisions),
    saveCustomers(tx, customers),
    addCounts(tx, shard, decisionCounts, customerCounts),
    take(tx, DASHBOARD_OUTBOX, shard, toReport.length),
    take(tx, OFFERS_OUTBOX, shard, offers.length),
  );
  await together(
    dashboard === null ? NOTHING : insertDashboardRows(tx, shard, dashboard, toReport),
    first === null ? NOTHING : insertOffers(tx, shard, first, offers),
  );
  return { dashboard, offers: first };
}

const NOTHING = Promise.resolve();

/** Decisions that the dashboard is told of one by one. */
export function reportedDecisions({ decisions }: DecidedBatch): DecidedBatch['decisions'] {
  return decisions.filter((row) => row.riskLevel !== 'LOW');
}

async function take(tx: Transaction, outbox: string, shard: number, count: number): Promise<bigint | null> {
  return count === 0 ? null : await takePositions(tx, SCHEMA, outbox, shard, count);
}
