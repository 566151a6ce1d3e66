import { expect, it } from 'vitest';
import { createScope } from '../lifecycle/scope.ts';
import type { Rows } from './pool.ts';
import { watchPostgres } from './watch.ts';

it('a database that is silent makes the service not ready, and one question at a time is asked; an answer makes it ready', async () => {
  const owned = createScope({ name: 'test' });
  let nowMs = 0;
  let asked = 0;
  let answer = () => {};
  const query = <R extends object>(): Promise<Rows<R>> => {
    asked += 1;
    return new Promise((resolve) => {
      answer = () => resolve({ rows: [], count: 0 });
    });
  };
  await watchPostgres(owned.scope, { query }, { everyMs: 1, silentMs: 3_000, now: () => nowMs });
  await expect.poll(() => asked).toBe(1);
  nowMs = 3_000;
  expect(owned.scope.notReady()).toEqual([]);
  nowMs = 3_001;
  expect(owned.scope.notReady()).toEqual([{ check: 'postgres', problem: 'no answer for 3001 ms' }]);
  expect(asked).toBe(1);
  answer();
  await expect.poll(() => owned.scope.notReady()).toEqual([]);
  await owned.release(1_000);
});
