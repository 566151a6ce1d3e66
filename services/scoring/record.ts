/**
 * Storing a batch of scores in one transaction (I2, I4, I5): what stands already stays, what is new is inserted, and the outbox
 * positions are taken as the last thing but the insert that goes out with it, so that positions follow the order of commits. It begins,
 * and looks up what stands, while the scores are still being computed. The commit is synchronous: an answer means that the score
 * is on disk.
 */
import { crashPoint } from '../platform/lifecycle/crash-point.ts';
import { type Pool, type Transaction, together } from '../platform/postgres/pool.ts';
import type { Composed } from './compose.ts';
import type { Placed } from './store/columns.ts';
import { findStanding, type Standing } from './store/find-standing.ts';
import { insertPredictions } from './store/insert-predictions.ts';
import { insertRefusals } from './store/insert-refusals.ts';
import type { OutboxPrediction, Prediction, Refusal } from './store/prediction.ts';
import { insertRequest, type StoredRequest } from './store/requests.ts';
import { upsertLatest } from './store/upsert-latest.ts';

/** Where the outbox of predictions takes its order from. */
export interface PredictionOutbox {
  /** A customer's shard: its partition on predictions-stream. */
  shardOf(customerId: string): number;
  /** Takes `count` consecutive positions of a shard, locked until the transaction ends; answers the first. */
  take(tx: Transaction, shard: number, count: number): Promise<bigint>;
  /** Tells the relay of rows that were just committed. */
  offer(rows: readonly OutboxPrediction[]): void;
}

export interface Recorder {
  /**
   * Stores what does not stand yet, and answers what stands under each id. With a request, keeps what its key was used for
   * in the same transaction; throws {@link KeyTakenError} if another call took the key meanwhile.
   */
  record(batch: readonly Composed[], request?: StoredRequest): Promise<Map<string, Standing>>;
  /** The same for what is still being composed: the transaction begins and looks up the ids meanwhile. */
  recordComposing(ids: readonly string[], composing: Promise<readonly Composed[]>): Promise<Map<string, Standing>>;
}

/** The idempotency key was taken by a call that committed first: read what it was used for. */
export class KeyTakenError extends Error {
  override readonly name = 'KeyTakenError';
}

/** Another transaction stored one of the ids between the look-up and the insert: roll back and look again. */
class OvertakenError extends Error {
  override readonly name = 'OvertakenError';
}

const MOST_TRIES = 5;

export function createRecorder(pool: Pool, outbox: PredictionOutbox): Recorder {
  async function attempt(work: Work): Promise<Recorded> {
    return await pool.transaction(async (tx) => {
      const recorded = await write(tx, outbox, work);
      crashPoint('scoring-before-commit');
      return recorded;
    });
  }

  async function recordWork(work: Work): Promise<Map<string, Standing>> {
    for (let tries = 1; ; tries++) {
      try {
        const { standing, published } = await attempt(work);
        crashPoint('scoring-after-commit');
        outbox.offer(published);
        return standing;
      } catch (cause) {
        if (!(cause instanceof OvertakenError) || tries === MOST_TRIES) throw cause;
      }
    }
  }

  return {
    record: (batch, request) => recordWork({ ids: batch.map(idOf), composing: Promise.resolve(batch), request }),
    recordComposing(ids, composing) {
      // The transaction may fail before it asks for them.
      composing.catch(() => undefined);
      return recordWork({ ids, composing, request: undefined });
    },
  };
}

/** What is to be stored. */
interface Work {
  readonly ids: readonly string[];
  /** One for each id, in order. */
  readonly composing: Promise<readonly Composed[]>;
  readonly request: StoredRequest | undefined;
}

interface Recorded {
  readonly standing: Map<string, Standing>;
  readonly published: readonly OutboxPrediction[];
}

async function write(tx: Transaction, outbox: PredictionOutbox, work: Work): Promise<Recorded> {
  const { ids, composing, request } = work;
  const standing = await findStanding(tx, ids);
  const { predictions, refusals } = newOnes(await composing, standing);
  if (request !== undefined && !(await insertRequest(tx, request))) throw new KeyTakenError('the key was taken');
  const { placed, shards } = arrange(outbox, predictions);
  const [, , firsts, inserted] = await together(
    insertRefusals(tx, refusals),
    upsertLatest(tx, predictions.filter(isPublished)),
    together(...shards.map(([shard, rows]) => outbox.take(tx, shard, rows.length))),
    insertPredictions(tx, placed),
  );
  if (inserted !== placed.length) throw new OvertakenError('an id was stored meanwhile');
  return { standing, published: shards.flatMap(([shard, rows], i) => publishedFrom(shard, firsts[i]!, rows)) };
}

/** Adds what is new to `standing`, the first of an id counting. */
function newOnes(
  batch: readonly Composed[],
  standing: Map<string, Standing>,
): { readonly predictions: Prediction[]; readonly refusals: Refusal[] } {
  const predictions: Prediction[] = [];
  const refusals: Refusal[] = [];
  for (const row of batch) {
    const content = row.kind === 'scored' ? row.prediction : row.refusal;
    if (standing.has(content.predictionId)) continue;
    standing.set(content.predictionId, { kind: row.kind, vectorSha256: content.vectorSha256 });
    if (row.kind === 'scored') predictions.push(row.prediction);
    else refusals.push(row.refusal);
  }
  return { predictions, refusals };
}

type ShardRows = readonly [shard: number, rows: readonly Prediction[]];

/** Gives each published row a place of its shard, shards in rising order so that no two batches deadlock. */
function arrange(
  outbox: PredictionOutbox,
  predictions: readonly Prediction[],
): { readonly placed: readonly Placed[]; readonly shards: readonly ShardRows[] } {
  const byShard = Map.groupBy(predictions.filter(isPublished), (prediction) => outbox.shardOf(prediction.customerId));
  const shards = [...byShard].sort(([a], [b]) => a - b);
  const unpublished = predictions
    .filter((prediction) => !isPublished(prediction))
    .map((prediction) => ({ prediction, shard: null, beforeLast: null }));
  const published = shards.flatMap(([shard, rows]) =>
    rows.map((prediction, i) => ({ prediction, shard, beforeLast: rows.length - 1 - i })),
  );
  return { placed: [...unpublished, ...published], shards };
}

/** The rows at consecutive positions. */
function publishedFrom(shard: number, first: bigint, rows: readonly Prediction[]): OutboxPrediction[] {
  return rows.map((prediction, i) => ({ prediction, shard, position: first + BigInt(i) }));
}

function isPublished(prediction: Prediction): boolean {
  return prediction.kind !== 'past';
}

function idOf(row: Composed): string {
  return row.kind === 'scored' ? row.prediction.predictionId : row.refusal.predictionId;
}
