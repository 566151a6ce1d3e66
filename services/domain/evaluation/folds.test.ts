import { describe, expect, test } from 'vitest';
import { foldOf } from './folds.ts';

describe('the fold of a key', () => {
  test('is FNV-1a of 32 bits, by the published values, modulo the folds', () => {
    // Test vectors of the FNV reference: "" 811c9dc5, "a" e40c292c, "foobar" bf9cf968.
    expect(foldOf('', 2 ** 32)).toBe(0x811c9dc5);
    expect(foldOf('a', 2 ** 32)).toBe(0xe40c292c);
    expect(foldOf('foobar', 2 ** 32)).toBe(0xbf9cf968);
    expect(foldOf('foobar', 10)).toBe(0xbf9cf968 % 10);
  });

  test('spreads dates over all folds', () => {
    const folds = Array.from({ length: 365 }, (_, day) => {
      const date = new Date(Date.UTC(1995, 0, 1 + day)).toISOString().slice(0, 10);
      return foldOf(date, 10);
    });
    const counts = Array.from({ length: 10 }, (_, fold) => folds.filter((one) => one === fold).length);
    expect(Math.min(...counts)).toBeGreaterThan(20);
  });
});
