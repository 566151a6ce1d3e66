import type { Queryable } from '../../platform/postgres/pool.ts';

/** Records what came of an intervention, unless an outcome stands already or there is no such intervention. */
export async function insertOutcome(
  db: Queryable,
  interventionId: string,
  outcome: string,
  recordedBy: string,
): Promise<void> {
  await db.query(
    `INSERT INTO interventions.outcomes (intervention_id, outcome, recorded_by)
     SELECT intervention_id, $2::text, $3::text FROM interventions.offers WHERE intervention_id = $1::uuid
     ON CONFLICT (intervention_id) DO NOTHING`,
    [interventionId, outcome, recordedBy],
  );
}
