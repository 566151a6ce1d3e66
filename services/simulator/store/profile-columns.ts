import type { Consent, Obligation, Profile } from '../../domain/bank/profile.ts';

/** The columns of a profile version in `bank.profiles`, read here and nowhere else. */
export const PROFILE_SELECT = `sequence::float8 AS sequence, before_sequence::float8 AS before_sequence, customer_id,
  version::float8 AS version, (extract(epoch FROM effective_time) * 1000)::float8 AS effective_ms, time_zone, consents,
  obligations, obligations_declared, salary_day_of_month, standing`;

export interface ProfileTableRow {
  readonly sequence: number;
  readonly before_sequence: number;
  readonly customer_id: string;
  readonly version: number;
  readonly effective_ms: number;
  readonly time_zone: string | null;
  readonly consents: readonly Consent[];
  readonly obligations: readonly Obligation[];
  readonly obligations_declared: boolean;
  readonly salary_day_of_month: number | null;
  readonly standing: Profile['standing'];
}

export function profileFromTable(r: ProfileTableRow): Profile {
  return {
    customerId: r.customer_id,
    version: r.version,
    effectiveMs: r.effective_ms,
    timeZone: r.time_zone,
    consents: r.consents,
    obligations: r.obligations,
    obligationsDeclared: r.obligations_declared,
    salaryDayOfMonth: r.salary_day_of_month,
    standing: r.standing,
    mode: 'replay',
  };
}
