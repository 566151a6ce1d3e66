import { expect, test } from 'vitest';
import { isKnownTimeZone } from './time-zones.ts';

test.each([
  ['Europe/Prague', true],
  ['UTC', true],
  ['America/Argentina/Buenos_Aires', true],
  ['Asia/Calcutta', true],
  ['Europe/Atlantis', false],
  ['+02:00', false],
  ['', false],
  ['Prague', false],
])('%j is a time zone: %j', (name, expected) => {
  expect(isKnownTimeZone(name)).toBe(expected);
  expect(isKnownTimeZone(name)).toBe(expected);
});
