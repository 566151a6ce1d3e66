import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyNames, internContext, internObligation, internParty, numberOf } from './names.ts';

/** Names that begin, end and contain one another, and characters that might be taken for lengths. */
const names = fc.oneof(
  fc.constantFrom(
    'a',
    'aa',
    '\u0001a',
    'a\u0001',
    '\u0001',
    '\u0001a\u0001a',
    'merchant-1',
    'merchant-11',
    'x'.repeat(300),
  ),
  fc.string({ minLength: 1, maxLength: 12 }),
  fc.string({ minLength: 1, maxLength: 40, unit: 'binary' }),
);

test('equal names have equal numbers, different ones different numbers, searched or indexed', () => {
  fc.assert(
    fc.property(fc.array(names, { maxLength: 300, size: 'max' }), (list) => {
      const window = emptyNames();
      const numbers = new Map<string, number>();
      for (const name of list) {
        const number = internParty(window, name);
        expect(number).toBeGreaterThan(0);
        expect(numbers.get(name) ?? number).toBe(number);
        numbers.set(name, number);
      }
      expect(new Set(numbers.values()).size).toBe(numbers.size);
      for (const [name, number] of numbers) expect(numberOf(window.parties, name)).toBe(number);
      window.partyIndex = null;
      for (const [name, number] of numbers) expect(internParty(window, name)).toBe(number);
    }),
    { numRuns: 100 },
  );
});

test('a name that is not there has number 0', () => {
  const window = emptyNames();
  expect(numberOf(window.obligations, 'rent')).toBe(0);
  expect(internObligation(window, 'rent-old')).toBe(1);
  expect(numberOf(window.obligations, 'rent')).toBe(0);
  expect(numberOf(window.obligations, 'rent-ol')).toBe(0);
});

test('a context is one for rows that agree in account, obligation, offset and capabilities', () => {
  const window = emptyNames();
  expect(internContext(window, 'a', 0, 60, 127)).toBe(0);
  expect(internContext(window, 'b', 0, 60, 127)).toBe(1);
  expect(internContext(window, 'a', 1, 60, 127)).toBe(2);
  expect(internContext(window, 'a', 0, 0, 127)).toBe(3);
  expect(internContext(window, 'a', 0, 60, 63)).toBe(4);
  expect(internContext(window, 'b', 0, 60, 127)).toBe(1);
  expect(window.accounts).toEqual(['a', 'b']);
});
