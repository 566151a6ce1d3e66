import type { Queryable } from '../../platform/postgres/pool.ts';
import type { BankFacts } from './bank-rows.ts';

interface BankTableRow {
  bank_id: string;
  kind: 'berka' | 'synthetic';
  seed: number | null;
  months: number | null;
  parameters_sha256: string | null;
  sources: Record<string, string> | null;
  currency: string;
  customers: number;
  profiles: number;
  transactions: number;
  skipped_lines: number;
  first_ms: number | null;
  last_ms: number | null;
  data_end_ms: number;
}

/** Every bank there is, in order of id. */
export async function listBanks(db: Queryable): Promise<readonly BankFacts[]> {
  const { rows } = await db.query<BankTableRow>(
    `SELECT bank_id, kind, seed::float8 AS seed, months, parameters_sha256, sources, currency, customers, profiles,
       transactions::float8 AS transactions, skipped_lines,
       (extract(epoch FROM first_booking_time) * 1000)::float8 AS first_ms,
       (extract(epoch FROM last_booking_time) * 1000)::float8 AS last_ms,
       (extract(epoch FROM data_end_time) * 1000)::float8 AS data_end_ms
     FROM bank.banks ORDER BY bank_id`,
  );
  return rows.map(factsOf);
}

/** Null if there is no such bank. */
export async function readBank(db: Queryable, bankId: string): Promise<BankFacts | null> {
  return (await listBanks(db)).find((bank) => bank.bankId === bankId) ?? null;
}

function factsOf(r: BankTableRow): BankFacts {
  return {
    bankId: r.bank_id,
    kind: r.kind,
    seed: r.seed,
    months: r.months,
    parametersSha256: r.parameters_sha256,
    sources: r.sources,
    currency: r.currency,
    customers: r.customers,
    profiles: r.profiles,
    transactions: r.transactions,
    skippedLines: r.skipped_lines,
    firstBookedMs: r.first_ms,
    lastBookedMs: r.last_ms,
    dataEndMs: r.data_end_ms,
  };
}
