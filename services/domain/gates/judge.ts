/**
 * The gates: whether a model may replace the one in force. All are asked, so that a refusal names everything that is wrong at once;
 * a model that the engine does not load, or whose rows mean something else, is refused by that alone. Without a champion (the first
 * model of a feature set) only what a model must be by itself is asked, and the findings say so.
 */
import type { Candidate, Champion, Evidence, Unusable } from './evidence.ts';
import { fairnessGates } from './fairness-gates.ts';
import type { Finding } from './finding.ts';
import { featureSetGate, monotoneGate, parityGate, promotableGate, unusableFinding } from './model-gates.ts';
import { evidenceGate, implausibleAucGate, leakCheckGate, singleFeatureGate } from './rows-gates.ts';
import { aucDifferenceGate, calibrationSlopeGate, logLossGate, observedExpectedGate } from './score-gates.ts';

/** What the gates say: what each found and, of a refused model, the findings that keep it out. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly findings: readonly Finding[] }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[]; readonly reasons: readonly Finding[] };

/** Judges a candidate against the champion on the same rows. Same input, same verdict. */
export function judge(candidate: Candidate | Unusable, champion: Champion | null, evidence: Evidence): Verdict {
  if (candidate.kind === 'unusable') return verdictOf([unusableFinding(candidate)]);
  const featureSet = featureSetGate(candidate, evidence);
  if (featureSet.outcome === 'fails') return verdictOf([featureSet, promotableGate(candidate)]);
  return verdictOf([
    featureSet,
    promotableGate(candidate),
    parityGate(candidate),
    monotoneGate(candidate),
    evidenceGate(candidate, evidence.rows),
    leakCheckGate(evidence.rows),
    implausibleAucGate(candidate, evidence),
    singleFeatureGate(evidence.rows),
    aucDifferenceGate(candidate, champion, evidence),
    logLossGate(candidate, champion, evidence),
    calibrationSlopeGate(candidate, evidence),
    observedExpectedGate(candidate, evidence),
    ...fairnessGates(candidate, evidence.rows),
  ]);
}

function verdictOf(findings: readonly Finding[]): Verdict {
  const reasons = findings.filter(({ outcome }) => outcome === 'fails');
  return reasons.length === 0 ? { kind: 'accepted', findings } : { kind: 'refused', findings, reasons };
}
