import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Consent } from '../bank/profile.ts';
import type { RiskLevel } from '../scoring/risk.ts';
import type { ContactProfile, InterventionResult, PredictionFacts } from './decide.ts';
import { ACTION_LEVELS, DAY_MS, DEFAULT_CONTACT_POLICY } from './policy.ts';
import type { Step } from './specification.ts';
import { day, decideAll, prediction, reachable } from './specification.ts';
import { openAt } from './state.ts';

const facts: fc.Arbitrary<PredictionFacts> = fc
  .record({
    level: fc.constantFrom<RiskLevel>('LOW', 'MEDIUM', 'HIGH', 'CRITICAL'),
    onDay: fc.integer({ min: 0, max: 120 }),
    mode: fc.constantFrom('live' as const, 'replay' as const),
    eligibility: fc.constantFrom('eligible' as const, 'undeclared' as const, 'already_late' as const),
    featuresKnown: fc.constantFrom(10, 40, 47),
  })
  .map(({ level, onDay, ...rest }) => prediction(level, onDay, rest));

const history = fc
  .array(facts, { maxLength: 40 })
  .map((all) => all.map((one, index) => ({ ...one, interventionId: `intervention-${index}` })));

const consents: fc.Arbitrary<readonly Consent[]> = fc.array(
  fc.record({
    channel: fc.constantFrom('phone_call' as const, 'sms' as const, 'email' as const),
    granted: fc.boolean(),
    recordedMs: fc.integer({ min: -20, max: 120 }).map(day),
  }),
  { maxLength: 8 },
);

const profiles: fc.Arbitrary<ContactProfile> = fc.oneof(
  fc.constant(null),
  fc.constant('stopped' as const),
  fc.record({
    timeZone: fc.constantFrom(null, 'Europe/Prague', 'Europe/Atlantis'),
    standing: fc.constantFrom('open' as const, 'closed' as const, 'forborne' as const),
    consents,
  }),
);

interface Contact {
  readonly atMs: number;
  readonly offer: InterventionResult;
}

function contacts(steps: readonly Step[]): readonly Contact[] {
  return steps.flatMap(({ decision }) =>
    decision.result.kind === 'intervention' ? [{ atMs: decision.decidedMs, offer: decision.result }] : [],
  );
}

const rank = (offer: InterventionResult): number => ACTION_LEVELS.indexOf(offer.level);

test('two interventions of one level are never open at once, nor a lower one beside a higher', () => {
  fc.assert(
    fc.property(history, (predictions) => {
      const made = contacts(decideAll(predictions));
      for (const [index, later] of made.entries()) {
        const blocking = made
          .slice(0, index)
          .filter(({ offer }) => later.atMs < offer.expireMs && rank(offer) >= rank(later.offer));
        expect(blocking).toEqual([]);
      }
    }),
  );
});

test('contacts within a cool-down only ever rise in level', () => {
  fc.assert(
    fc.property(history, (predictions) => {
      const made = contacts(decideAll(predictions));
      for (const [index, later] of made.entries()) {
        const recent = made
          .slice(0, index)
          .filter(({ atMs }) => later.atMs - atMs < DEFAULT_CONTACT_POLICY.coolDownDays * DAY_MS);
        expect(recent.every(({ offer }) => rank(offer) < rank(later.offer))).toBe(true);
      }
    }),
  );
});

test('what is escalated was open, and of a lower level', () => {
  fc.assert(
    fc.property(history, (predictions) => {
      for (const { before, decision } of decideAll(predictions)) {
        if (decision.result.kind !== 'intervention') continue;
        const open = openAt(before, decision.decidedMs);
        expect(decision.result.escalates).toBe(open?.interventionId ?? null);
        expect(open === null || ACTION_LEVELS.indexOf(open.level) < rank(decision.result)).toBe(true);
      }
    }),
  );
});

test('no consent in force, no contact', () => {
  fc.assert(
    fc.property(history, profiles, (predictions, profile) => {
      for (const { atMs, offer } of contacts(decideAll(predictions, { profile }))) {
        const words = profile === null || profile === 'stopped' ? [] : profile.consents;
        const onChannel = words.filter(({ channel, recordedMs }) => channel === offer.channel && recordedMs <= atMs);
        const lastMs = Math.max(...onChannel.map(({ recordedMs }) => recordedMs));
        expect(onChannel.filter(({ recordedMs }) => recordedMs === lastMs).every(({ granted }) => granted)).toBe(true);
        expect(onChannel).not.toHaveLength(0);
      }
    }),
  );
});

test('now never falls for a customer, and the same story always ends the same', () => {
  fc.assert(
    fc.property(history, profiles, (predictions, profile) => {
      const steps = decideAll(predictions, { profile });
      const times = steps.map(({ decision }) => decision.decidedMs);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(decideAll(predictions, { profile })).toEqual(steps);
    }),
  );
});

test('a contact never follows from what is not eligible, and LOW never leads to one', () => {
  fc.assert(
    fc.property(history, (predictions) => {
      for (const [index, { decision }] of decideAll(predictions, { profile: reachable }).entries()) {
        const { eligibility, riskLevel } = predictions[index]!;
        const mayContact = riskLevel !== 'LOW' && (eligibility === 'eligible' || eligibility === 'undeclared');
        expect(decision.result.kind === 'suppression' || mayContact).toBe(true);
      }
    }),
  );
});
