import { formatDay } from '../../domain/calendar/days.ts';
import { columns } from '../../platform/postgres/batch.ts';
import type { Transaction } from '../../platform/postgres/pool.ts';

export interface LoanOutcome {
  readonly loanId: string;
  readonly customerId: string;
  readonly grantDay: number;
  readonly amountMinor: number;
  readonly durationMonths: number;
  readonly paymentMinor: number;
  readonly status: string;
}

export async function insertLoans(tx: Transaction, bankId: string, loans: readonly LoanOutcome[]): Promise<void> {
  await tx.query(
    `INSERT INTO bank.truth_loans SELECT $1::text, l, c, d, a, n, p, s
     FROM unnest($2::text[], $3::text[], $4::date[], $5::int8[], $6::int4[], $7::int8[], $8::text[]) AS u (l, c, d, a, n, p, s)`,
    [
      bankId,
      ...columns<LoanOutcome>(
        loans,
        (l) => l.loanId,
        (l) => l.customerId,
        (l) => formatDay(l.grantDay),
        (l) => l.amountMinor,
        (l) => l.durationMonths,
        (l) => l.paymentMinor,
        (l) => l.status,
      ),
    ],
  );
}
