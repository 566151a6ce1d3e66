/**
 * predictions-stream: one batch of one partition from fetched records to a moved offset.
 *
 * I1  decisions + duplicates + dead letters = the batch's records, and they move with the offset.
 * I2  a prediction that has a decision, or comes twice, is a duplicate.
 * I8  profiles are caught up before anyone is contacted: a withdrawal acknowledged before the batch was handed over counts.
 *
 * Every fault that is not a record's own (database, registry, Kafka away) is thrown: the platform's consumer waits with backoff
 * and hands the batch over again. Nothing is dropped.
 */
import { DeadLetter_Reason } from '../../gen/pde/events/v1/dead_letter_pb.ts';
import { PredictionSchema } from '../../gen/pde/events/v1/prediction_pb.ts';
import type { DecisionContext } from '../domain/interventions/decide.ts';
import type { ConsumerHandlers, PartitionBatch } from '../platform/kafka/port.ts';
import { crashPoint } from '../platform/lifecycle/crash-point.ts';
import { findRefusedRows } from '../platform/postgres/batch.ts';
import type { Pool, Transaction } from '../platform/postgres/pool.ts';
import { classify, codeOf } from '../platform/postgres/sqlstate.ts';
import type { EventCodec } from '../platform/registry/codec.ts';
import { type Accepted, type Checked, checkRecord, type RecordReader, type Refusal, refuse } from './check-record.ts';
import { commitBatch, type Written, writeDecided } from './commit-batch.ts';
import { readPrediction } from './convert.ts';
import { type DecidedBatch, decideBatch, type KnownCustomers, type PredictionInput } from './decide-batch.ts';
import type { ServiceMetrics } from './metrics.ts';
import { PREDICTIONS } from './outgoing.ts';
import { findDecided } from './store/find-decided.ts';
import { loadContacts } from './store/load-contacts.ts';
import { loadCustomers } from './store/load-customers.ts';
import { loadProfiles } from './store/load-profiles.ts';

/** What was committed of a batch. */
export interface Committed extends Written {
  readonly partition: number;
  readonly decided: DecidedBatch;
}

export interface ConsumerDeps {
  readonly pool: Pool;
  readonly codec: Pick<EventCodec, 'decode'>;
  readonly group: string;
  readonly context: DecisionContext;
  /** Resolves when every profile that was in the log at the moment of the call is stored. */
  readonly profilesCaughtUp: (signal: AbortSignal) => Promise<void>;
  readonly metrics: ServiceMetrics;
  /** Told after COMMIT returned. */
  readonly onCommitted: (committed: Committed) => void;
}

type Judged = Checked<PredictionInput>;

export function createPredictionHandlers(deps: ConsumerDeps): ConsumerHandlers {
  const reader: RecordReader<typeof PredictionSchema, PredictionInput> = {
    codec: deps.codec,
    topic: PREDICTIONS,
    desc: PredictionSchema,
    read: (message, record) => readPrediction(message, record.appendMs),
    customerIdOf: (prediction) => prediction.customerId,
  };
  return {
    async onBatch(batch, signal) {
      let judged = await Promise.all(batch.records.map((record) => checkRecord(reader, record)));
      for (;;) {
        const refused = await attempt(deps, batch, judged, signal);
        if (refused.size === 0) return;
        judged = judged.map((one) => refused.get(one.record.offset) ?? one);
      }
    },
  };
}

/** Processes the batch. @returns what the store refuses, by offset; nothing once committed */
async function attempt(
  deps: ConsumerDeps,
  batch: PartitionBatch,
  judged: readonly Judged[],
  signal: AbortSignal,
): Promise<ReadonlyMap<bigint, Refusal>> {
  const valid = judged.filter(isAccepted);
  const refusals = judged.filter((one) => one.kind === 'dead');
  const [accepted, known] = await Promise.all([
    withoutDuplicates(deps.pool, valid),
    loadKnown(deps, predictionsOf(valid), signal),
  ]);
  const decided = decideBatch(predictionsOf(accepted), known, deps.context);
  const effect = {
    decided,
    duplicates: judged.length - accepted.length - refusals.length,
    refusals,
  };
  try {
    const written = await commitBatch(deps.pool, deps.group, batch, effect);
    crashPoint('interventions-after-commit');
    deps.metrics.batch(accepted, decided, effect.duplicates, refusals);
    deps.onCommitted({ partition: batch.partition, decided, ...written });
    return new Map();
  } catch (cause) {
    return await findRefused(deps, batch.partition, accepted, known, cause);
  }
}

function predictionsOf(records: readonly Accepted<PredictionInput>[]): readonly PredictionInput[] {
  return records.map((one) => one.value);
}

function isAccepted(one: Judged): one is Accepted<PredictionInput> {
  return one.kind === 'ok';
}

/** The first of each prediction that has no decision yet. */
async function withoutDuplicates(
  pool: Pool,
  records: readonly Accepted<PredictionInput>[],
): Promise<readonly Accepted<PredictionInput>[]> {
  if (records.length === 0) return [];
  const byId = new Map<string, Accepted<PredictionInput>>();
  for (const one of records) if (!byId.has(one.value.predictionId)) byId.set(one.value.predictionId, one);
  for (const id of await findDecided(pool, [...byId.keys()])) byId.delete(id);
  return [...byId.values()];
}

/** LOW is decided without contacts and profiles: only the customer's latest `now` is read. */
async function loadKnown(
  { pool, profilesCaughtUp }: ConsumerDeps,
  predictions: readonly PredictionInput[],
  signal: AbortSignal,
): Promise<KnownCustomers> {
  const atRisk = idsOf(predictions.filter((one) => one.facts.riskLevel !== 'LOW'));
  const [customers, contacts, profiles] = await Promise.all([
    predictions.length === 0 ? new Map() : loadCustomers(pool, idsOf(predictions)),
    atRisk.length === 0 ? new Map() : loadContacts(pool, atRisk),
    atRisk.length === 0 ? new Map() : profilesCaughtUp(signal).then(() => loadProfiles(pool, atRisk)),
  ]);
  return { customers, contacts, profiles };
}

function idsOf(predictions: readonly PredictionInput[]): readonly string[] {
  return [...new Set(predictions.map((one) => one.customerId))];
}

/**
 * The records that the database refuses for what they hold (SQLSTATE 22, 23), by bisection in transactions that are rolled back.
 *
 * @throws the cause itself where it is of another kind, or is no single record's: then it is ours, and the partition waits
 */
async function findRefused(
  { pool, context }: ConsumerDeps,
  shard: number,
  accepted: readonly Accepted<PredictionInput>[],
  known: KnownCustomers,
  cause: unknown,
): Promise<ReadonlyMap<bigint, Refusal>> {
  // A key that is there already is another owner's work, or a defect of ours: never the record's fault.
  if (classify(cause) !== 'content' || codeOf(cause) === UNIQUE_VIOLATION) throw cause;
  const refused = await findRefusedRows(accepted, (some) => {
    return rolledBack(pool, (tx) => writeDecided(tx, shard, decideBatch(predictionsOf(some), known, context)));
  });
  if (refused.length === 0) throw cause;
  return new Map(
    refused.map(({ row: { record }, cause: why }) => {
      const detail = `the database refused it: SQLSTATE ${codeOf(why) ?? 'unknown'}`;
      return [record.offset, refuse(record, DeadLetter_Reason.REFUSED_BY_STORE, detail)];
    }),
  );
}

const UNIQUE_VIOLATION = '23505';

class RolledBack extends Error {
  override readonly name = 'RolledBack';
}

async function rolledBack(pool: Pool, write: (tx: Transaction) => Promise<unknown>): Promise<void> {
  try {
    await pool.transaction(async (tx) => {
      await write(tx);
      throw new RolledBack('only tried');
    });
  } catch (cause) {
    if (!(cause instanceof RolledBack)) throw cause;
  }
}
