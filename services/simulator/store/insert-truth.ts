import { DAY_MS } from '../../domain/calendar/days.ts';
import type { DatedEvent, DueOutcome, HiddenState, Truth } from '../../domain/synthetic-bank/truth.ts';
import { columns } from '../../platform/postgres/batch.ts';
import type { Transaction } from '../../platform/postgres/pool.ts';

export interface CustomerTruth {
  readonly customerId: string;
  readonly index: number;
  readonly truth: Truth;
}

/** Writes the hidden state of customers; the run-time role cannot read it back. */
export async function insertTruth(tx: Transaction, bankId: string, customers: readonly CustomerTruth[]): Promise<void> {
  await tx.query(
    `INSERT INTO bank.truth_customers (bank_id, customer_id, generator_index, traits, habits, withholdings)
     SELECT $1::text, c, i, t, h, w
     FROM unnest($2::text[], $3::int4[], $4::jsonb[], $5::jsonb[], $6::jsonb[]) AS s (c, i, t, h, w)`,
    [
      bankId,
      ...columns<CustomerTruth>(
        customers,
        (c) => c.customerId,
        (c) => c.index,
        (c) => JSON.stringify(c.truth.traits),
        (c) => JSON.stringify(c.truth.habits),
        (c) => JSON.stringify(c.truth.withholdings),
      ),
    ],
  );
  await insertMonths(tx, bankId, customers);
  await insertEvents(tx, bankId, customers);
  await insertDues(tx, bankId, customers);
}

type Owned<T> = T & { readonly customerId: string };

function owned<T>(customers: readonly CustomerTruth[], of: (truth: Truth) => readonly T[]): Owned<T>[] {
  return customers.flatMap(({ customerId, truth }) => of(truth).map((one) => ({ ...one, customerId })));
}

async function insertMonths(tx: Transaction, bankId: string, customers: readonly CustomerTruth[]): Promise<void> {
  await tx.query(
    `INSERT INTO bank.truth_months
     SELECT $1::text, c, d, s, e FROM unnest($2::text[], $3::date[], $4::float8[], $5::jsonb[]) AS u (c, d, s, e)`,
    [
      bankId,
      ...columns<Owned<HiddenState>>(
        owned(customers, (truth) => truth.months),
        (m) => m.customerId,
        (m) => dateOf(m.day),
        (m) => m.stress,
        (m) => JSON.stringify(m.events),
      ),
    ],
  );
}

async function insertEvents(tx: Transaction, bankId: string, customers: readonly CustomerTruth[]): Promise<void> {
  await tx.query(
    `INSERT INTO bank.truth_events
     SELECT $1::text, c, o, k, d, s FROM unnest($2::text[], $3::int4[], $4::text[], $5::date[], $6::float8[]) AS u (c, o, k, d, s)`,
    [
      bankId,
      ...columns<Owned<DatedEvent>>(
        owned(customers, (truth) => truth.events),
        (e) => e.customerId,
        (e) => e.ordinal,
        (e) => e.kind,
        (e) => dateOf(e.day),
        (e) => e.severity,
      ),
    ],
  );
}

async function insertDues(tx: Transaction, bankId: string, customers: readonly CustomerTruth[]): Promise<void> {
  await tx.query(
    `INSERT INTO bank.truth_dues SELECT $1::text, c, o, k, d, p, x
     FROM unnest($2::text[], $3::text[], $4::text[], $5::date[], $6::date[], $7::text[]) AS u (c, o, k, d, p, x)`,
    [
      bankId,
      ...columns<Owned<DueOutcome>>(
        owned(customers, (truth) => truth.dues),
        (d) => d.customerId,
        (d) => d.obligationId,
        (d) => d.kind,
        (d) => dateOf(d.dueDay),
        (d) => (d.paidDay === null ? null : dateOf(d.paidDay)),
        (d) => d.cause,
      ),
    ],
  );
}

function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
