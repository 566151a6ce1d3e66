import type { ContactChannel } from '../../domain/bank/profile.ts';
import type { InterventionType } from '../../domain/interventions/policy.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';
import { type Intervention, type InterventionStatus, msOf } from './rows.ts';

/** What to select of the view, under the name `i`, for {@link interventionOf}. */
export const INTERVENTION_COLUMNS = `i.intervention_id, i.intervention_type, i.channel, i.priority, i.message, i.status,
  ${msOf('i.expire_time')} AS expire_ms, i.outcome, ${msOf('i.outcome_date')} AS outcome_ms`;

export interface InterventionColumns {
  readonly intervention_id: string;
  readonly intervention_type: InterventionType;
  readonly channel: ContactChannel;
  readonly priority: number;
  readonly message: string;
  readonly status: InterventionStatus;
  readonly expire_ms: number;
  readonly outcome: string | null;
  readonly outcome_ms: number | null;
}

/** One intervention as it stands; null: there is none. */
export async function readIntervention(db: Queryable, interventionId: string): Promise<Intervention | null> {
  const { rows } = await db.query<InterventionColumns>(
    `SELECT ${INTERVENTION_COLUMNS} FROM interventions.interventions i WHERE i.intervention_id = $1::uuid`,
    [interventionId],
  );
  return rows[0] === undefined ? null : interventionOf(rows[0]);
}

export function interventionOf(row: InterventionColumns): Intervention {
  const { outcome, outcome_ms: recordedMs } = row;
  return {
    interventionId: row.intervention_id,
    interventionType: row.intervention_type,
    channel: row.channel,
    priority: row.priority,
    message: row.message,
    status: row.status,
    expireMs: row.expire_ms,
    outcome: outcome === null || recordedMs === null ? null : { outcome, recordedMs },
  };
}
