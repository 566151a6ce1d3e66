/**
 * Scoring, as the stream needs it (I4): all vectors of a batch, answered row by row in order, or an error. While scoring is away
 * the breaker is open, the batch fails, its partition waits, and nothing is dropped.
 */
import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  type ScoreFeaturesRequest,
  ScoreFeaturesRequestSchema,
  type ScoreFeaturesResponse,
  type ScoreFeaturesResult,
  ScoreFeaturesResult_Outcome,
  type ScoreFeaturesRow,
  ScoreFeaturesRowSchema,
} from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { FEATURE_SET_VERSION } from '../domain/features/catalogue.ts';
import { type Breaker, retry } from '../platform/lifecycle/retry.ts';
import { isTransientRpcError } from '../platform/rpc/errors.ts';
import type { ComputedEntry } from './compute-batch.ts';
import { toFeatureVector } from './convert.ts';
import type { VectorConflict } from './store/insert-vector-conflicts.ts';

/** Bound of ScoreFeaturesRequest.rows. */
const MAX_ROWS_PER_CALL = 1_000;

export type ScoreCall = (request: ScoreFeaturesRequest, signal: AbortSignal) => Promise<ScoreFeaturesResponse>;

export interface ScorerOptions {
  readonly call: ScoreCall;
  readonly breaker: Breaker;
  /** For all tries of one batch, milliseconds: less than a transaction may idle. */
  readonly deadlineMs: number;
}

export interface Scorer {
  /** Scores every triggered entry. @returns the vectors that differ from the one that stands */
  score(entries: readonly ComputedEntry[], signal: AbortSignal): Promise<readonly VectorConflict[]>;
}

export function createScorer({ call, breaker, deadlineMs }: ScorerOptions): Scorer {
  const policy = { initialDelayMs: 20, maxDelayMs: 500, maxTries: 4, deadlineMs, isTransient: isTransientRpcError };
  return {
    async score(entries, signal) {
      const conflicts: VectorConflict[] = [];
      const triggered = entries.filter(isTriggered);
      for (let at = 0; at < triggered.length; at += MAX_ROWS_PER_CALL) {
        const chunk = triggered.slice(at, at + MAX_ROWS_PER_CALL);
        const request = create(ScoreFeaturesRequestSchema, { rows: chunk.map(toRow) });
        const answer = await retry(policy, signal, (tried) =>
          breaker.run(() => call(request, tried).catch(late(tried, signal))),
        );
        conflicts.push(...conflictsOf(chunk, answer.results));
      }
      return conflicts;
    },
  };
}

/**
 * A call that our deadline ended is told as such: a scoring that hangs counts against it like one that is away, and opens the breaker.
 * One that our own stop ended does not.
 */
function late(tried: AbortSignal, stop: AbortSignal) {
  return (cause: unknown): never => {
    if (!tried.aborted || stop.aborted) throw cause;
    throw new ConnectError('scoring did not answer in time', Code.DeadlineExceeded, undefined, undefined, cause);
  };
}

type TriggeredEntry = ComputedEntry & {
  readonly triggered: NonNullable<ComputedEntry['triggered']>;
  readonly vector: NonNullable<ComputedEntry['vector']>;
};

function isTriggered(entry: ComputedEntry): entry is TriggeredEntry {
  return entry.triggered !== null && entry.vector !== null;
}

function toRow(entry: TriggeredEntry): ScoreFeaturesRow {
  const { observation, scheduledSendUs } = entry.vector;
  return create(ScoreFeaturesRowSchema, {
    predictionId: entry.triggered.predictionId,
    transactionId: entry.row.transactionId,
    vector: toFeatureVector({
      customerId: entry.customerId,
      atMs: entry.row.occurredMs,
      ledgerPosition: entry.ledgerPosition,
      profileVersion: observation.profileVersion,
      featureSetVersion: FEATURE_SET_VERSION,
      values: observation.values,
      eligibility: observation.eligibility,
      mode: entry.mode,
    }),
    ...(scheduledSendUs === null ? {} : { scheduledSendTime: timeOfUs(scheduledSendUs) }),
  });
}

function timeOfUs(us: bigint): { seconds: bigint; nanos: number } {
  return { seconds: us / 1_000_000n, nanos: Number(us % 1_000_000n) * 1_000 };
}

/** @throws Error if the answer is not one row for each asked, in order: nothing may be committed on it. */
function conflictsOf(asked: readonly TriggeredEntry[], results: readonly ScoreFeaturesResult[]): VectorConflict[] {
  if (results.length !== asked.length) {
    throw new Error(`scoring answered ${results.length} rows for ${asked.length}`);
  }
  return asked.flatMap((entry, index) => {
    const { predictionId, vectorSha256 } = entry.triggered;
    const result = results[index];
    if (result?.predictionId !== predictionId || result.outcome === ScoreFeaturesResult_Outcome.UNSPECIFIED) {
      throw new Error(`scoring answered row ${index} for another prediction or without an outcome`);
    }
    if (result.standingVectorSha256 === vectorSha256) return [];
    const { customerId, ledgerPosition } = entry;
    const standingSha256 = result.standingVectorSha256;
    return [{ predictionId, customerId, ledgerPosition, computedSha256: vectorSha256, standingSha256 }];
  });
}
