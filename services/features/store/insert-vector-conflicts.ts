import { columns } from '../../platform/postgres/batch.ts';
import type { Transaction } from '../../platform/postgres/pool.ts';

/** A vector that differs from the one that stands at scoring under the same prediction (I4). */
export interface VectorConflict {
  readonly predictionId: string;
  readonly customerId: string;
  readonly ledgerPosition: number;
  readonly computedSha256: string;
  readonly standingSha256: string;
}

export async function insertVectorConflicts(tx: Transaction, conflicts: readonly VectorConflict[]): Promise<void> {
  if (conflicts.length === 0) return;
  await tx.query(
    `INSERT INTO features.vector_conflicts (prediction_id, customer_id, ledger_position, computed_sha256, standing_sha256)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::int8[], $4::text[], $5::text[])
     ON CONFLICT (prediction_id, computed_sha256) DO NOTHING`,
    columns(
      conflicts,
      (c) => c.predictionId,
      (c) => c.customerId,
      (c) => c.ledgerPosition,
      (c) => c.computedSha256,
      (c) => c.standingSha256,
    ),
  );
}
