import type { Profile } from '../bank/profile.ts';
import { DAY_MS } from '../calendar/days.ts';
import { eligibilityAt } from '../obligations/eligibility.ts';
import { emptySettlement } from '../obligations/settle.ts';
import { FEATURE_COUNT, featureIndex } from './catalogue.ts';
import { putCommitments } from './commitments.ts';
import {
  createFrame,
  createPass,
  type Frame,
  finishFrame,
  type KnownLedger,
  openFrame,
  SURELY_BEFORE_DAYS,
  sharedUntil,
  startPass,
} from './frame.ts';
import { putLiquidity } from './liquidity.ts';
import { moneyUnitOf } from './money-units.ts';
import { closeDate } from './pass.ts';
import { firstDated } from './records.ts';
import { sweep } from './sweep.ts';
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

const pass = createPass();
const now = createFrame(pass.history);
const weekAgo = createFrame(pass.history);
/** Counts nothing. */
const idle = createFrame(pass.history);
const valuesWeekAgo = new Float64Array(FEATURE_COUNT);

/** 'no-row': no row at or before t; 'folded-away': the ledger's fold is past what t, or t - 7 days, looks back on. */
export function observeLedger(
  ledger: KnownLedger,
  currency: string,
  ledgerPosition: number,
  profile: Profile | null,
  atMs: number,
): Observation | 'no-row' | 'folded-away' {
  const before = openFrame(weekAgo, ledger, atMs - 7 * DAY_MS);
  if (before === 'folded-away') return before;
  const outcome = openFrame(now, ledger, atMs);
  if (outcome !== 'ready') return outcome;
  startPass(pass, ledger);
  const compositeBefore = before === 'ready' ? passWeekAgo(ledger, profile) : Number.NaN;
  passUpTo(now, ledger);
  finishFrame(now, pass, profile, now.today);
  const values = new Float64Array(FEATURE_COUNT);
  putComposed(now, values);
  put(values, COMPOSITE, stressComposite(values));
  put(values, VELOCITY, values[COMPOSITE]! - compositeBefore);
  put(values, ANOMALIES, anomalyCount(values));
  putLiquidity(now, ledger, moneyUnitOf(currency), values);
  putCommitments(now, values);
  return {
    values,
    eligibility: eligibilityAt(now.settlement ?? NOTHING_SETTLED, profile, now.today),
    ledgerPosition,
    profileVersion: profile?.version ?? 0,
    featuresKnown: countKnown(values),
  };
}

/**
 * The composite of 7 days before. The pass is left where the frame of t can go on: behind what both count, or at its start, where
 * the two differ in what lies before.
 */
function passWeekAgo(ledger: KnownLedger, profile: Profile | null): number {
  const shared = sharedUntil(ledger, weekAgo, now);
  if (shared >= 0) sweep(pass, shared, weekAgo.atMs, Number.POSITIVE_INFINITY, weekAgo, now);
  else passUpTo(weekAgo, ledger);
  finishFrame(weekAgo, pass, profile, now.today);
  putComposed(weekAgo, valuesWeekAgo);
  if (shared < 0) startPass(pass, ledger);
  return stressComposite(valuesWeekAgo);
}

/** To the end of the frame's D, which the pass closes. */
function passUpTo(frame: Frame, { records }: KnownLedger): void {
  const end = firstDated(records, frame.today + 1);
  sweep(pass, end, frame.atMs, frame.today - SURELY_BEFORE_DAYS, idle, frame);
  closeDate(pass, end, frame.atMs);
}

function countKnown(values: Float64Array): number {
  let known = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i]!)) known++;
  return known;
}
