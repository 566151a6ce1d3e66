import { HORIZON_DAYS } from '../obligations/eligibility.ts';
import { featureIndex } from './catalogue.ts';
import type { Frame } from './frame.ts';
import { incomeOf } from './liquidity.ts';
import { ratio } from './statistics.ts';
import { put } from './vector.ts';

const at = {
  due: featureIndex('obligations_due_45d'),
  burden: featureIndex('obligation_burden_45d'),
  lateShare: featureIndex('late_payment_share_history'),
} as const;

/** Days late from which a payment counts as late: what a weekend or a holiday delays does not. */
const LATE_FROM_DAYS = 3;

/** Fills the commitments group of the vector, from the settlement alone: it reaches from the first entry to the horizon. */
export function putCommitments(frame: Frame, values: Float64Array): void {
  values.fill(Number.NaN, at.due, at.lateShare + 1);
  const { settlement, today } = frame;
  if (settlement === null) return;
  const { count, dueDay, paidDay, amountMinor } = settlement;
  let ahead = 0;
  let aheadMinor = 0;
  let past = 0;
  let late = 0;
  for (let i = 0; i < count; i++) {
    const due = dueDay[i]!;
    if (due > today) {
      if (due > today + HORIZON_DAYS) continue;
      ahead++;
      aheadMinor += amountMinor[i]!;
    } else if (today - due >= LATE_FROM_DAYS) {
      past++;
      if (paidDay[i]! - due >= LATE_FROM_DAYS) late++;
    }
  }
  put(values, at.due, ahead);
  const { monthly } = incomeOf(frame);
  if (monthly > 0) put(values, at.burden, aheadMinor / monthly);
  put(values, at.lateShare, ratio(late, past));
}
