/**
 * Given-when-then for contact decisions: what was decided before is given as predictions too, so that a specification reads as a
 * customer's story. Used by tests only.
 */
import type { Consent, ContactChannel } from '../bank/profile.ts';
import type { RiskLevel } from '../scoring/risk.ts';
import type { ContactProfile, Decision, DecisionContext, PredictionFacts } from './decide.ts';
import { decide, decisionTime } from './decide.ts';
import { DAY_MS, DEFAULT_CONTACT_POLICY } from './policy.ts';
import type { CustomerState } from './state.ts';
import { evolve, initialState } from './state.ts';

export const DAY_ZERO_MS = 1_700_000_000_000;
/** The instant so many days into the story. */
export const day = (days: number): number => DAY_ZERO_MS + days * DAY_MS;

/** A prediction of a replay on a day; its intervention is named after level and day. */
export function prediction(level: RiskLevel, onDay: number, rest: Partial<PredictionFacts> = {}): PredictionFacts {
  return {
    interventionId: `${level}@${onDay}`,
    mode: 'replay',
    observationMs: day(onDay),
    riskLevel: level,
    eligibility: 'eligible',
    featuresKnown: 40,
    featuresTotal: 47,
    topFeatures: [{ name: 'salary_delay_days', value: 6 }],
    ...rest,
  };
}

export const consent = (channel: ContactChannel, granted = true, onDay = -100): Consent => ({
  channel,
  granted,
  recordedMs: day(onDay),
});

/** Consents to everything, lives in a known place. */
export const reachable = {
  timeZone: 'Europe/Prague',
  standing: 'open',
  consents: [consent('phone_call'), consent('sms'), consent('email')],
} as const satisfies ContactProfile;

export const context: DecisionContext = {
  policy: DEFAULT_CONTACT_POLICY,
  isKnownTimeZone: (name) => name === 'Europe/Prague',
  wordsFor: (feature) => (feature === 'salary_delay_days' ? 'Your pay came later than usual' : null),
};

export interface Story {
  /** Earlier predictions, decided in order with the same profile; in live mode appended when observed. */
  readonly given?: readonly PredictionFacts[];
  readonly profile?: ContactProfile;
  readonly context?: DecisionContext;
  readonly when: PredictionFacts;
  /** When the broker appended it; absent: when it was observed. */
  readonly appendMs?: number;
}

/** The decision that ends a story. */
export function outcomeOf(story: Story): Decision {
  const decisions = decideAll([...(story.given ?? []), story.when], story);
  return decisions.at(-1)!.decision;
}

/** What became of the prediction that ends a story: the reason against contact, or what is offered to whom. */
export function verdict(story: Story): string {
  const { result } = outcomeOf(story);
  return result.kind === 'suppression' ? result.reason : `${result.interventionType} by ${result.channel}`;
}

export interface Step {
  readonly before: CustomerState;
  readonly decision: Decision;
  readonly after: CustomerState;
}

/** Decides predictions one after the other. */
export function decideAll(
  predictions: readonly PredictionFacts[],
  story: Pick<Story, 'profile' | 'context' | 'appendMs'> = {},
): readonly Step[] {
  const profile = story.profile === undefined ? reachable : story.profile;
  let before = initialState;
  return predictions.map((facts) => {
    const nowMs = decisionTime(before, facts, story.appendMs ?? facts.observationMs);
    const decision = decide(before, facts, profile, story.context ?? context, nowMs);
    const step = { before, decision, after: evolve(before, decision) };
    before = step.after;
    return step;
  });
}
