import { expect, test } from 'vitest';
import { type ProfileVersion, profileAt } from './profile-at.ts';
import { day, reachable } from './specification.ts';

const version = (number: number, fromDay: number): ProfileVersion => ({
  ...reachable,
  version: number,
  effectiveMs: day(fromDay),
});
const known = { versions: [version(3, 9), version(1, 0), version(2, 5)], isStopped: false };

test('a customer nobody told of has no profile', () => {
  expect(profileAt(undefined, day(0))).toEqual({ profile: null, version: null });
});

test.each([
  [-1, null],
  [0, 1],
  [4.9, 1],
  [5, 2],
  [100, 3],
])('on day %d version %j is in effect', (onDay, expected) => {
  const seen = profileAt(known, day(onDay));
  expect(seen.version).toBe(expected);
  expect(seen.profile === null).toBe(expected === null);
});

test('of two versions in effect from one instant the higher counts', () => {
  expect(profileAt({ versions: [version(7, 0), version(8, 0)], isStopped: false }, day(0)).version).toBe(8);
});

test('a stop holds at once, at any instant', () => {
  expect(profileAt({ ...known, isStopped: true }, day(-5))).toEqual({ profile: 'stopped', version: null });
});
