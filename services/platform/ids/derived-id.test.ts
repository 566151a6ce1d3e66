import { v5 } from 'uuid';
import { expect, it } from 'vitest';
import { derivedId } from './derived-id.ts';

it('makes the same UUIDv5 of the same input, for ever', () => {
  expect(derivedId('prediction', 'c-1', 't-1')).toBe('2e26ff43-98fc-5732-95db-1b0fcfdbe07e');
  expect(derivedId('prediction', 'c-1', 't-1')).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});

it("makes the uuid package's UUIDv5 of anything that an id may hold", () => {
  for (const id of ['', 'c-1', '"quoted"\\', 'é', '\u{1f4b6}', '\ud800', 'x'.repeat(300)]) {
    const expected = v5(JSON.stringify(['decision', id]), '6f1c7a52-0f0e-5d6b-9c1e-7a3d5b2e8f40');
    expect(derivedId('decision', id)).toBe(expected);
  }
});

it('tells kinds and boundaries between parts apart', () => {
  const ids = [
    derivedId('prediction', 'ab', 'c'),
    derivedId('prediction', 'a', 'bc'),
    derivedId('prediction', 'abc'),
    derivedId('decision', 'ab', 'c'),
    derivedId('prediction', 'ab","c'),
  ];
  expect(new Set(ids).size).toBe(ids.length);
});
