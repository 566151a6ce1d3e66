import type { Profile } from '../bank/profile.ts';
import { DAY_MS } from '../calendar/days.ts';
import { type Eligibility, eligibilityAt } from '../obligations/eligibility.ts';
import { emptySettlement } from '../obligations/settle.ts';
import { FEATURE_COUNT, featureIndex } from './catalogue.ts';
import { putCommitments } from './commitments.ts';
import { createFrame, type Frame, fillFrame, type KnownLedger } from './frame.ts';
import { putLiquidity } from './liquidity.ts';
import { moneyUnitOf } from './money-units.ts';
import type { Observation } from './types.ts';
import { anomalyCount, put, putComposed, stressComposite } from './vector.ts';

/**
 * The vector at (t, n, v), from whatever ledger is known: the last step of the live path and of the as-of path alike. The
 * frame is one for all calls (nothing here waits), so that an observation allocates its values and little else.
 */

const COMPOSITE = featureIndex('stress_composite');
const VELOCITY = featureIndex('stress_velocity_7d');
const ANOMALIES = featureIndex('anomaly_count_30d');
const NOTHING_SETTLED = emptySettlement();

const frame: Frame = createFrame();
const earlier = new Float64Array(FEATURE_COUNT);

/** 'no-row': no row at or before t; 'folded-away': the ledger's fold is past what t, or t - 7 days, looks back on. */
export function observeLedger(
  ledger: KnownLedger,
  currency: string,
  ledgerPosition: number,
  profile: Profile | null,
  atMs: number,
): Observation | 'no-row' | 'folded-away' {
  const before = compositeAt(ledger, profile, atMs - 7 * DAY_MS);
  if (before === 'folded-away') return before;
  const outcome = fillFrame(frame, ledger, profile, atMs);
  if (outcome !== 'ready') return outcome;
  const values = new Float64Array(FEATURE_COUNT);
  putComposed(frame, values);
  put(values, COMPOSITE, stressComposite(values));
  put(values, VELOCITY, values[COMPOSITE]! - before);
  put(values, ANOMALIES, anomalyCount(values));
  putLiquidity(frame, ledger, moneyUnitOf(currency), values);
  putCommitments(frame, values);
  return {
    values,
    eligibility: eligibilityOf(profile),
    ledgerPosition,
    profileVersion: profile?.version ?? 0,
    featuresKnown: countKnown(values),
  };
}

/** NaN where there was no row yet. */
function compositeAt(ledger: KnownLedger, profile: Profile | null, atMs: number): number | 'folded-away' {
  const outcome = fillFrame(frame, ledger, profile, atMs);
  if (outcome === 'folded-away') return outcome;
  if (outcome === 'no-row') return Number.NaN;
  putComposed(frame, earlier);
  return stressComposite(earlier);
}

function eligibilityOf(profile: Profile | null): Eligibility {
  return eligibilityAt(frame.settlement ?? NOTHING_SETTLED, profile, frame.today);
}

function countKnown(values: Float64Array): number {
  let known = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i]!)) known++;
  return known;
}
