import type { Transaction } from '../../platform/postgres/pool.ts';

export interface NewBank {
  readonly bankId: string;
  readonly kind: 'berka' | 'synthetic';
  readonly seed: number | null;
  readonly months: number | null;
  readonly parametersSha256: string | null;
  readonly parameters: unknown;
  readonly sources: Readonly<Record<string, string>> | null;
  readonly currency: string;
  readonly skippedLines: number;
  readonly dataEndMs: number;
}

/** Inserts the bank with zero counts; {@link completeBank} puts in the true ones within the same transaction. */
export async function insertBank(tx: Transaction, bank: NewBank): Promise<void> {
  await tx.query(
    `INSERT INTO bank.banks (bank_id, kind, seed, months, parameters_sha256, parameters, sources, currency, customers, profiles,
       transactions, skipped_lines, data_end_time)
     VALUES ($1::text, $2::text, $3::int8, $4::int4, $5::text, $6::jsonb, $7::jsonb, $8::text, $9::int4, $10::int4, $11::int8,
       $12::int4, to_timestamp($13::float8 / 1000))`,
    [
      bank.bankId,
      bank.kind,
      bank.seed,
      bank.months,
      bank.parametersSha256,
      bank.parameters === null ? null : JSON.stringify(bank.parameters),
      bank.sources === null ? null : JSON.stringify(bank.sources),
      bank.currency,
      0,
      0,
      0,
      bank.skippedLines,
      bank.dataEndMs,
    ],
  );
}

export async function insertCustomers(tx: Transaction, bankId: string, customerIds: readonly string[]): Promise<void> {
  await tx.query('INSERT INTO bank.customers (bank_id, customer_id) SELECT $1::text, c FROM unnest($2::text[]) AS c', [
    bankId,
    customerIds,
  ]);
}

/** Counts what was placed. */
export async function completeBank(tx: Transaction, bankId: string, skippedLines: number): Promise<void> {
  await tx.query(
    `UPDATE bank.banks b SET skipped_lines = $2::int4,
       customers = (SELECT count(*) FROM bank.customers c WHERE c.bank_id = b.bank_id),
       profiles = (SELECT count(*) FROM bank.profiles p WHERE p.bank_id = b.bank_id),
       transactions = (SELECT count(*) FROM bank.transactions t WHERE t.bank_id = b.bank_id),
       first_booking_time = (SELECT min(booking_time) FROM bank.transactions t WHERE t.bank_id = b.bank_id),
       last_booking_time = (SELECT max(booking_time) FROM bank.transactions t WHERE t.bank_id = b.bank_id)
     WHERE bank_id = $1::text`,
    [bankId, skippedLines],
  );
}

/** Removes a bank, its truth and its checkpoints. @returns false if there was none */
export async function deleteBank(tx: Transaction, bankId: string): Promise<boolean> {
  await tx.query('DELETE FROM bank.transactions WHERE bank_id = $1::text', [bankId]);
  const { count } = await tx.query('DELETE FROM bank.banks WHERE bank_id = $1::text', [bankId]);
  return count > 0;
}
