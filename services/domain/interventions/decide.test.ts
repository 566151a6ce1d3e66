import { describe, expect, test } from 'vitest';
import type { Eligibility } from '../obligations/eligibility.ts';
import type { ContactProfile, SuppressionReason } from './decide.ts';
import { DAY_MS, DEFAULT_CONTACT_POLICY } from './policy.ts';
import { consent, context, day, decideAll, outcomeOf, prediction, reachable, verdict } from './specification.ts';

describe('base strategies', () => {
  test.each([
    ['CRITICAL', 'urgent_outreach', 'phone_call', 1],
    ['HIGH', 'proactive_support', 'sms', 2],
    ['MEDIUM', 'gentle_reminder', 'email', 3],
  ] as const)('a %s risk leads to %s by %s, priority %i', (level, interventionType, channel, priority) => {
    expect(outcomeOf({ when: prediction(level, 0) })).toEqual({
      decidedMs: day(0),
      policyVersion: 'contact-1',
      result: {
        kind: 'intervention',
        interventionId: `${level}@0`,
        level,
        interventionType,
        channel,
        priority,
        message: expect.stringContaining('What we noticed: your pay came later than usual. '),
        expireMs: day(DEFAULT_CONTACT_POLICY.openForDays),
        escalates: null,
      },
    });
  });

  test('a LOW risk leads to nothing, and neither profile nor policy is needed to say so', () => {
    const story = { profile: null, context: { ...context, policy: 'unreadable' as const }, when: prediction('LOW', 0) };
    expect(verdict(story)).toBe('LOW_RISK');
    expect(outcomeOf(story).policyVersion).toBe('unreadable');
  });
});

describe('contact fails closed (I8)', () => {
  test('no policy that can be read: no contact', () => {
    const decision = outcomeOf({ context: { ...context, policy: 'unreadable' }, when: prediction('CRITICAL', 0) });
    expect(decision.result).toEqual({ kind: 'suppression', reason: 'POLICY_UNREADABLE' });
  });

  test.each<[string, ContactProfile, SuppressionReason]>([
    ['no profile', null, 'NO_CONSENT_RECORD'],
    ['no consent on record', { ...reachable, consents: [] }, 'NO_CONSENT_RECORD'],
    ['consent for other channels only', { ...reachable, consents: [consent('email')] }, 'NO_CONSENT_RECORD'],
    ['consent given only later', { ...reachable, consents: [consent('sms', true, 1)] }, 'NO_CONSENT_RECORD'],
    ['consent refused', { ...reachable, consents: [consent('sms', false)] }, 'CONSENT_REFUSED'],
    ['withdrawn', { ...reachable, consents: [consent('sms', true, -9), consent('sms', false, -1)] }, 'CONSENT_REFUSED'],
    [
      'given and refused at once',
      { ...reachable, consents: [consent('sms', false), consent('sms')] },
      'CONSENT_REFUSED',
    ],
    ['no time zone', { ...reachable, timeZone: null }, 'UNKNOWN_TIME_ZONE'],
    ['a time zone nobody knows', { ...reachable, timeZone: 'Europe/Atlantis' }, 'UNKNOWN_TIME_ZONE'],
    ['stopped by the bank', 'stopped', 'CUSTOMER_STOPPED'],
    ['closed since', { ...reachable, standing: 'closed' }, 'NOT_ELIGIBLE'],
    ['forborne since', { ...reachable, standing: 'forborne' }, 'NOT_ELIGIBLE'],
  ])('%s: no contact, with its reason', (_, profile, reason) => {
    expect(verdict({ profile, when: prediction('HIGH', 0) })).toBe(reason);
  });

  test('consent refused once and given again counts as given', () => {
    const consents = [consent('sms', true, -1), consent('sms', false, -9)];
    expect(verdict({ profile: { ...reachable, consents }, when: prediction('HIGH', 0) })).toBe(
      'proactive_support by sms',
    );
  });

  test('a withdrawal counts from when it was recorded', () => {
    const profile = { ...reachable, consents: [consent('sms'), consent('sms', false, 5)] };
    expect(verdict({ profile, when: prediction('HIGH', 4) })).toBe('proactive_support by sms');
    expect(verdict({ profile, when: prediction('HIGH', 5) })).toBe('CONSENT_REFUSED');
  });
});

describe('who may be contacted', () => {
  test.each<[Eligibility, string]>([
    ['eligible', 'proactive_support by sms'],
    ['undeclared', 'proactive_support by sms'],
    ['nothing_due', 'NOT_ELIGIBLE'],
    ['already_late', 'NOT_ELIGIBLE'],
    ['recently_late', 'NOT_ELIGIBLE'],
    ['closed', 'NOT_ELIGIBLE'],
    ['forborne', 'NOT_ELIGIBLE'],
  ])('%s: %s', (eligibility, expected) => {
    expect(verdict({ when: prediction('HIGH', 0, { eligibility }) })).toBe(expected);
  });
});

describe('what is known', () => {
  test('a live observation past the age is stale, at the age it is not, and a replay is never', () => {
    const when = prediction('HIGH', 0, { mode: 'live' });
    const age = DEFAULT_CONTACT_POLICY.maxObservationAgeMs;
    expect(verdict({ when, appendMs: day(0) + age })).toBe('proactive_support by sms');
    expect(verdict({ when, appendMs: day(0) + age + 1 })).toBe('STALE');
    expect(verdict({ when: { ...when, mode: 'replay' }, appendMs: day(400) })).toBe('proactive_support by sms');
  });

  test.each([
    [23, 47, 'TOO_LITTLE_KNOWN'],
    [24, 47, 'proactive_support by sms'],
    [0, 0, 'TOO_LITTLE_KNOWN'],
  ])('%i of %i features known: %s', (featuresKnown, featuresTotal, expected) => {
    expect(verdict({ when: prediction('HIGH', 0, { featuresKnown, featuresTotal }) })).toBe(expected);
  });

  test('of several reasons the consent record comes before what is known, and stop and standing before consent', () => {
    const when = prediction('HIGH', 0, { mode: 'live', featuresKnown: 1, eligibility: 'undeclared' });
    expect(verdict({ profile: null, when, appendMs: day(100) })).toBe('NO_CONSENT_RECORD');
    expect(verdict({ profile: null, when: { ...when, eligibility: 'already_late' } })).toBe('NOT_ELIGIBLE');
    expect(verdict({ profile: 'stopped', when: { ...when, eligibility: 'already_late' } })).toBe('CUSTOMER_STOPPED');
    expect(verdict({ profile: { ...reachable, timeZone: null }, when })).toBe('UNKNOWN_TIME_ZONE');
    expect(verdict({ when, appendMs: day(100) })).toBe('STALE');
  });
});

describe('not twice for the same trouble', () => {
  const high = prediction('HIGH', 0);

  test.each([
    ['the same level while open', prediction('HIGH', 13.9), 'ALREADY_OPEN'],
    ['a lower level while open', prediction('MEDIUM', 1), 'ALREADY_OPEN'],
    ['the same level once expired, within the cool-down', prediction('HIGH', 14), 'COOL_DOWN'],
    ['a lower level within the cool-down', prediction('MEDIUM', 29.9), 'COOL_DOWN'],
    ['the same level after the cool-down', prediction('HIGH', 30), 'proactive_support by sms'],
    ['a lower level after the cool-down', prediction('MEDIUM', 30), 'gentle_reminder by email'],
    ['a higher level while open', prediction('CRITICAL', 1), 'urgent_outreach by phone_call'],
    ['a higher level within the cool-down', prediction('CRITICAL', 20), 'urgent_outreach by phone_call'],
  ])('%s', (_, when, expected) => {
    expect(verdict({ given: [high], when })).toBe(expected);
  });

  test('a higher level takes the place of what is open, and names it', () => {
    expect(outcomeOf({ given: [high], when: prediction('CRITICAL', 1) }).result).toMatchObject({ escalates: 'HIGH@0' });
  });

  test('a higher level takes the place of nothing once that has expired', () => {
    expect(outcomeOf({ given: [high], when: prediction('CRITICAL', 20) }).result).toMatchObject({ escalates: null });
  });

  test('after an escalation the lower levels wait for the higher one', () => {
    const given = [prediction('MEDIUM', 0), prediction('CRITICAL', 10)];
    expect(verdict({ given, when: prediction('HIGH', 20) })).toBe('ALREADY_OPEN');
    expect(verdict({ given, when: prediction('MEDIUM', 35) })).toBe('COOL_DOWN');
    expect(verdict({ given, when: prediction('HIGH', 40) })).toBe('proactive_support by sms');
  });

  test('a suppressed prediction starts no cool-down', () => {
    const given = [prediction('HIGH', 0, { eligibility: 'nothing_due' })];
    expect(verdict({ given, when: prediction('HIGH', 1) })).toBe('proactive_support by sms');
  });
});

describe('now', () => {
  test('is t in a replay and the append time live', () => {
    expect(outcomeOf({ when: prediction('LOW', 3), appendMs: day(9) }).decidedMs).toBe(day(3));
    expect(outcomeOf({ when: prediction('LOW', 3, { mode: 'live' }), appendMs: day(9) }).decidedMs).toBe(day(9));
  });

  test('is never before the previous decision, so a late transaction cannot reopen the past', () => {
    const [, late] = decideAll([prediction('HIGH', 10), prediction('HIGH', 2)]);
    expect(late!.decision).toMatchObject({ decidedMs: day(10), result: { reason: 'ALREADY_OPEN' } });
    expect(late!.after.lastDecidedMs).toBe(day(10));
  });

  test('days are of 24 hours', () => {
    expect(DAY_MS).toBe(24 * 60 * 60 * 1000);
  });
});
