import type { Queryable } from '../../platform/postgres/pool.ts';
import { timeText } from './columns.ts';

/** What a caller used an idempotency key for. */
export interface StoredRequest {
  readonly callerId: string;
  readonly idempotencyKey: string;
  readonly customerId: string;
  /** As asked; null: now. */
  readonly observationMs: number | null;
  readonly predictionId: string;
}

const FIND = `
SELECT customer_id, observation_time, prediction_id FROM scoring.requests
WHERE caller_id = $1::text AND idempotency_key = $2::text`;

/** The request that this caller made under this key, or null. */
export async function findRequest(db: Queryable, callerId: string, key: string): Promise<StoredRequest | null> {
  const { rows } = await db.query<{ customer_id: string; observation_time: Date | null; prediction_id: string }>(FIND, [
    callerId,
    key,
  ]);
  const [row] = rows;
  if (row === undefined) return null;
  return {
    callerId,
    idempotencyKey: key,
    customerId: row.customer_id,
    observationMs: row.observation_time?.getTime() ?? null,
    predictionId: row.prediction_id,
  };
}

const INSERT = `
INSERT INTO scoring.requests (caller_id, idempotency_key, customer_id, observation_time, prediction_id)
VALUES ($1::text, $2::text, $3::text, $4::timestamptz, $5::uuid) ON CONFLICT (caller_id, idempotency_key) DO NOTHING`;

/** Keeps what a key was used for. False if the key was taken meanwhile. */
export async function insertRequest(tx: Queryable, request: StoredRequest): Promise<boolean> {
  const { callerId, idempotencyKey, customerId, observationMs, predictionId } = request;
  const time = observationMs === null ? null : timeText(observationMs);
  return (await tx.query(INSERT, [callerId, idempotencyKey, customerId, time, predictionId])).count === 1;
}
