import { expect, it } from 'vitest';
import type { Queryable, Rows } from '../platform/postgres/pool.ts';
import { createProfileCache } from './profile-cache.ts';

/** A database that notes what it is asked, and answers nothing until told. */
function heldDatabase() {
  const asked: unknown[] = [];
  const held: (() => void)[] = [];
  const query = <R extends object>(_sql: string, params: readonly unknown[] = []): Promise<Rows<R>> => {
    asked.push(params[0]);
    return new Promise((resolve) => held.push(() => resolve({ rows: [], count: 0 })));
  };
  const db: Queryable = { query, prepared: (_name, sql, params) => query(sql, params) };
  return { db, asked, answer: () => held.splice(0).map((resolve) => resolve()) };
}

it('asks once for all that it does not hold, and then no more, also of customers without a profile', async () => {
  const { db, asked, answer } = heldDatabase();
  const cache = createProfileCache(db, 10);
  const loading = cache.load(['a', 'b', 'a']);
  answer();
  expect([...(await loading).keys()]).toEqual(['a', 'b']);
  await cache.load(['a', 'b']);
  expect(asked).toEqual([['a', 'b']]);
});

it('does not keep what was read while something newer was stored', async () => {
  const { db, asked, answer } = heldDatabase();
  const cache = createProfileCache(db, 10);
  const loading = cache.load(['a']);
  cache.forget(['a']);
  answer();
  await loading;
  const again = cache.load(['a']);
  answer();
  await again;
  expect(asked.length).toBe(2);
});

it('holds no more customers than it may', async () => {
  const { db, asked, answer } = heldDatabase();
  const cache = createProfileCache(db, 1);
  for (const customerId of ['a', 'b', 'a']) {
    const loading = cache.load([customerId]);
    answer();
    await loading;
  }
  expect(asked).toEqual([['a'], ['b'], ['a']]);
});
