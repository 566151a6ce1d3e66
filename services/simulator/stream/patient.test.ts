import { expect, it } from 'vitest';
import type { Queryable } from '../../platform/postgres/pool.ts';
import { patient } from './patient.ts';

const withCode = (code: string) => Object.assign(new Error(code), { code });

/** A database that fails so often before it answers. */
function failing(times: number, cause: Error) {
  const seen = { tries: 0, warnings: 0 };
  const answer = async () => {
    if (seen.tries++ < times) throw cause;
    return { rows: [], count: 7 };
  };
  const db: Queryable = { query: answer, prepared: answer };
  return { seen, db: patient(db, { warn: () => void seen.warnings++ }) };
}

it('waits for a database that is being started again, and says so', async () => {
  const { db, seen } = failing(2, withCode('57P03'));
  expect((await db.query('SELECT 1')).count).toBe(7);
  expect(seen).toEqual({ tries: 3, warnings: 2 });
});

it('throws what no waiting mends', async () => {
  const { db, seen } = failing(2, withCode('42P01'));
  await expect(db.prepared('name', 'SELECT 1')).rejects.toThrow('42P01');
  expect(seen.tries).toBe(1);
});
