import { expect, test } from 'vitest';
import { DEFAULT_CONTACT_POLICY, readContactPolicy } from './policy.ts';

test('the default policy reads as itself after a trip through JSON', () => {
  const reading = readContactPolicy(JSON.parse(JSON.stringify(DEFAULT_CONTACT_POLICY)));
  expect(reading).toEqual({ kind: 'policy', policy: DEFAULT_CONTACT_POLICY });
});

test.each([null, 'contact-1', [], 7, undefined])('%j is no policy', (value) => {
  expect(readContactPolicy(value).kind).toBe('unreadable');
});

test('every problem is told at once, with its place and bound', () => {
  const { CRITICAL, HIGH } = DEFAULT_CONTACT_POLICY.strategies;
  const reading = readContactPolicy({
    ...DEFAULT_CONTACT_POLICY,
    strategies: { CRITICAL, HIGH: { ...HIGH, channel: 'pigeon' } },
    coolDownDays: '30',
    minFeaturesKnownShare: 1.5,
    openForDays: Number.NaN,
  });
  expect(reading).toEqual({
    kind: 'unreadable',
    problems: [
      'strategies.HIGH: channel is none of phone_call, sms, email',
      'strategies.MEDIUM: strategy is not an object',
      expect.stringMatching(/^strategies.MEDIUM: interventionType/),
      expect.stringMatching(/^strategies.MEDIUM: channel/),
      expect.stringMatching(/^strategies.MEDIUM: priority/),
      expect.stringMatching(/^strategies.MEDIUM: message/),
      'coolDownDays is not a number from 0 to 3650',
      'openForDays is not a number from 1 to 3650',
      'minFeaturesKnownShare is not a number from 0 to 1',
    ],
  });
});
