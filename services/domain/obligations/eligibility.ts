import type { Profile } from '../bank/profile.ts';
import type { Settlement } from './settle.ts';

/** Whether a customer may be acted on, and if not, why. */
export type Eligibility =
  | 'eligible'
  | 'nothing_due'
  | 'already_late'
  | 'recently_late'
  | 'closed'
  | 'forborne'
  | 'undeclared';

/** Something must fall due within this many days after t. */
export const HORIZON_DAYS = 45;
/** Unpaid this many days past due is collections' business. */
export const LATE_DAYS = 5;
/** This many days past due within the last {@link RECENT_DAYS} is recently late, though cured since. */
export const SERIOUSLY_LATE_DAYS = 30;
export const RECENT_DAYS = 90;

/** The limits above, as they may be varied in a data set; what is acted on goes by {@link ELIGIBILITY_LIMITS}. */
export interface EligibilityLimits {
  readonly horizonDays: number;
  readonly lateDays: number;
  readonly seriouslyLateDays: number;
  readonly recentDays: number;
}

export const ELIGIBILITY_LIMITS: EligibilityLimits = {
  horizonDays: HORIZON_DAYS,
  lateDays: LATE_DAYS,
  seriouslyLateDays: SERIOUSLY_LATE_DAYS,
  recentDays: RECENT_DAYS,
};

/**
 * Eligibility at the date `today` of t, from the settlement of what is known at t. The first that holds, in this order:
 * closed, forborne, undeclared (no profile, or it tells no obligations), already late (something unpaid 5 or more days past
 * due), recently late (was unpaid 30 or more days past due on one of the last 90 dates, today included, and is paid since),
 * nothing due (no due date in today+1 ... today+45), eligible.
 */
export function eligibilityAt(
  settlement: Settlement,
  profile: Profile | null,
  today: number,
  limits: EligibilityLimits = ELIGIBILITY_LIMITS,
): Eligibility {
  if (profile?.standing === 'closed') return 'closed';
  if (profile?.standing === 'forborne') return 'forborne';
  if (profile === null || !profile.obligationsDeclared) return 'undeclared';
  return lateness(settlement, today, limits);
}

function lateness(settlement: Settlement, today: number, limits: EligibilityLimits): Eligibility {
  const { horizonDays, lateDays, seriouslyLateDays, recentDays } = limits;
  let recentlyLate = false;
  let upcoming = false;
  for (let i = 0; i < settlement.count; i++) {
    const due = settlement.dueDay[i]!;
    const paid = settlement.paidDay[i]!;
    if (due > today) {
      if (due <= today + horizonDays) upcoming = true;
    } else if (paid > today) {
      if (today - due >= lateDays) return 'already_late';
    } else if (paid - due > seriouslyLateDays && paid > today - recentDays + 1) {
      recentlyLate = true;
    }
  }
  if (recentlyLate) return 'recently_late';
  return upcoming ? 'eligible' : 'nothing_due';
}
