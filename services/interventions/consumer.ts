/**
 * predictions-stream: one batch of one partition from fetched records to a moved offset.
 *
 * I1  decisions + duplicates + dead letters = the batch's records, and they move with the offset.
 * I2  a prediction that has a decision, or comes twice, is a duplicate; with other content than it had, a dead letter.
 * I8  profiles are caught up before anyone is contacted: a withdrawal acknowledged before the batch was handed over counts.
 *
 * Every fault that is not a record's own (database, registry, Kafka away) is thrown: the platform's consumer waits with backoff
 * and hands the batch over again. Nothing is dropped.
 */
import { DeadLetter_Reason } from '../../gen/pde/events/v1/dead_letter_pb.ts';
import { PredictionSchema } from '../../gen/pde/events/v1/prediction_pb.ts';
import type { DecisionContext } from '../domain/interventions/decide.ts';
import { findRefused, refusedByStore, triedOnly } from '../platform/dead-letters/refused-by-store.ts';
import type { ConsumerHandlers, PartitionBatch } from '../platform/kafka/port.ts';
import { crashPoint } from '../platform/lifecycle/crash-point.ts';
import type { Pool } from '../platform/postgres/pool.ts';
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
  const [told, known] = await Promise.all([tellApart(deps.pool, valid), loadKnown(deps, predictionsOf(valid), signal)]);
  const { accepted } = told;
  const refusals = [...judged.filter((one) => one.kind === 'dead'), ...told.conflicts];
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
    const refused = await findRefused(accepted, cause, (some) =>
      triedOnly(deps.pool, (tx) =>
        writeDecided(tx, batch.partition, decideBatch(predictionsOf(some), known, deps.context)),
      ),
    );
    return new Map(
      refused.map((one) => [one.row.record.offset, { record: one.row.record, ...refusedByStore(one.cause) }]),
    );
  }
}

function predictionsOf(records: readonly Accepted<PredictionInput>[]): readonly PredictionInput[] {
  return records.map((one) => one.value);
}

function isAccepted(one: Judged): one is Accepted<PredictionInput> {
  return one.kind === 'ok';
}

interface ToldApart {
  /** The first of each prediction that has no decision yet. */
  readonly accepted: readonly Accepted<PredictionInput>[];
  /** What comes under an id that stands for other content. */
  readonly conflicts: readonly Refusal[];
}

/** Repeats are in neither. */
async function tellApart(pool: Pool, records: readonly Accepted<PredictionInput>[]): Promise<ToldApart> {
  if (records.length === 0) return { accepted: [], conflicts: [] };
  const standing = new Map(await findDecided(pool, [...new Set(records.map((one) => one.value.predictionId))]));
  const accepted: Accepted<PredictionInput>[] = [];
  const conflicts: Refusal[] = [];
  for (const one of records) {
    const { predictionId, contentSha256 } = one.value;
    const stands = standing.get(predictionId);
    if (stands === undefined) {
      accepted.push(one);
      standing.set(predictionId, contentSha256);
    } else if (stands !== null && Buffer.compare(stands, contentSha256) !== 0) {
      conflicts.push(refuse(one.record, DeadLetter_Reason.CONFLICTING_DUPLICATE, CONFLICT));
    }
  }
  return { accepted, conflicts };
}

const CONFLICT = 'prediction_id came before with other content';

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
