import type { ActionLevel } from '../../domain/interventions/policy.ts';
import type { CustomerState } from '../../domain/interventions/state.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';
import { msOf } from './rows.ts';

/** The part of a customer's state that comes from their offers. */
export type Contacts = Pick<CustomerState, 'open' | 'contactedMs'>;

interface ContactRow {
  readonly customer_id: string;
  readonly risk_level: ActionLevel;
  readonly intervention_id: string;
  readonly decided_ms: number;
  readonly expire_ms: number;
  readonly is_completed: boolean;
}

/**
 * The contacts of each customer that has any: the latest offer of each level, and of all of these the latest as open, unless its
 * outcome is recorded. An earlier offer is never open beside a later one: it was escalated, or had ended.
 */
export async function loadContacts(
  db: Queryable,
  customerIds: readonly string[],
): Promise<ReadonlyMap<string, Contacts>> {
  const { rows } = await db.query<ContactRow>(
    `SELECT * FROM (
       SELECT DISTINCT ON (o.customer_id, o.risk_level) o.customer_id, o.risk_level, o.intervention_id, o.position,
         ${msOf('o.decided_time')} AS decided_ms, ${msOf('o.expire_time')} AS expire_ms,
         r.intervention_id IS NOT NULL AS is_completed
       FROM unnest($1::text[]) AS wanted (customer_id)
       CROSS JOIN LATERAL (SELECT * FROM interventions.offers WHERE customer_id = wanted.customer_id OFFSET 0) o
       LEFT JOIN LATERAL (
         SELECT * FROM interventions.outcomes WHERE intervention_id = o.intervention_id OFFSET 0
       ) r ON true
       ORDER BY o.customer_id, o.risk_level, o.position DESC
     ) latest ORDER BY position`,
    [customerIds],
  );
  const contacts = new Map<string, Contacts>();
  for (const row of rows) contacts.set(row.customer_id, withOffer(contacts.get(row.customer_id), row));
  return contacts;
}

/** Rows come in the order they were decided, so that the last one stands as open. */
function withOffer(before: Contacts | undefined, row: ContactRow): Contacts {
  const { intervention_id: interventionId, risk_level: level, decided_ms: openedMs, expire_ms: expireMs } = row;
  return {
    open: row.is_completed ? null : { interventionId, level, openedMs, expireMs },
    contactedMs: { ...before?.contactedMs, [level]: openedMs },
  };
}
