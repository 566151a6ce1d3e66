import type { Profile } from '../../domain/bank/profile.ts';
import { columns, slices } from '../../platform/postgres/batch.ts';
import type { Transaction } from '../../platform/postgres/pool.ts';

const BATCH_ROWS = 1_000;

const INSERT = `INSERT INTO staged_profiles
  SELECT c1, c2, to_timestamp(c3 / 1000), c4, c5, c6, c7, c8, c9
  FROM unnest($1::text[], $2::int8[], $3::float8[], $4::text[], $5::jsonb[], $6::jsonb[], $7::bool[], $8::int2[], $9::text[])
    AS s (c1, c2, c3, c4, c5, c6, c7, c8, c9)`;

/** Opens a table that lives for this transaction and has no order yet. */
export async function openProfileStage(tx: Transaction): Promise<void> {
  await tx.query(
    `CREATE TEMPORARY TABLE staged_profiles (customer_id text, version int8, effective_time timestamptz, time_zone text,
       consents jsonb, obligations jsonb, obligations_declared bool, salary_day_of_month int2, standing text) ON COMMIT DROP`,
  );
}

export async function stageProfiles(tx: Transaction, profiles: readonly Profile[]): Promise<void> {
  for (const slice of slices(profiles, BATCH_ROWS)) {
    const arrays = columns<Profile>(
      slice,
      (p) => p.customerId,
      (p) => p.version,
      (p) => p.effectiveMs,
      (p) => p.timeZone,
      (p) => JSON.stringify(p.consents),
      (p) => JSON.stringify(p.obligations),
      (p) => p.obligationsDeclared,
      (p) => p.salaryDayOfMonth,
      (p) => p.standing,
    );
    await tx.prepared('stage_profiles', INSERT, arrays);
  }
}

/**
 * Gives every staged version its place in the order of effective times, and the first transaction it has to precede; call after
 * the transactions are placed. @returns how many
 */
export async function placeProfiles(tx: Transaction, bankId: string): Promise<number> {
  const { count } = await tx.query(
    `INSERT INTO bank.profiles (bank_id, sequence, before_sequence, customer_id, version, effective_time, time_zone, consents,
       obligations, obligations_declared, salary_day_of_month, standing)
     SELECT $1::text, row_number() OVER (ORDER BY effective_time, customer_id COLLATE "C", version) - 1,
       coalesce((SELECT t.sequence FROM bank.transactions t
                 WHERE t.bank_id = $1::text AND t.booking_time >= s.effective_time ORDER BY t.booking_time, t.sequence LIMIT 1),
                (SELECT count(*) FROM bank.transactions t WHERE t.bank_id = $1::text)),
       customer_id, version, effective_time, time_zone, consents, obligations, obligations_declared, salary_day_of_month, standing
     FROM staged_profiles s`,
    [bankId],
  );
  return count;
}
