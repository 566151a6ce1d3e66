import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testStack } from '../support/stack.ts';

async function query(connectionString: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('a test database', () => {
  const { postgres } = testStack();
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase(postgres);
  });
  afterAll(() => database.drop());

  it('is UTF-8 and sorts by code point', async () => {
    const rows = await query(
      database.adminUrl,
      `SELECT current_setting('server_encoding') AS encoding, 'Z' < 'a' AS by_code`,
    );
    expect(rows).toEqual([{ encoding: 'UTF8', by_code: true }]);
  });

  it('lets an owner make tables in its schema, and the run-time role only what the owner grants', async () => {
    await query(
      database.url('pde_features_owner'),
      'CREATE TABLE features.t (a int); GRANT SELECT ON features.t TO pde_features',
    );
    expect(await query(database.url('pde_features'), 'SELECT * FROM features.t')).toEqual([]);
    await expect(query(database.url('pde_features'), 'INSERT INTO features.t VALUES (1)')).rejects.toMatchObject({
      code: '42501',
    });
    await expect(query(database.url('pde_features'), 'CREATE TABLE features.u (a int)')).rejects.toMatchObject({
      code: '42501',
    });
  });

  it('shuts a service out of the schemas of others, of public and of the registry', async () => {
    const scoring = database.url('pde_scoring_owner');
    await expect(query(scoring, 'CREATE TABLE features.t2 (a int)')).rejects.toMatchObject({ code: '42501' });
    await expect(query(scoring, 'CREATE TABLE public.t2 (a int)')).rejects.toMatchObject({ code: '42501' });
    await expect(query(postgres.url('pde_scoring', 'registry'), 'SELECT 1')).rejects.toMatchObject({ code: '42501' });
  });
});

describe('PostgreSQL', () => {
  const { postgres } = testStack();
  it('refuses a wrong password and none', async () => {
    const wrong = `postgres://pde_features:wrong@${postgres.host}:${postgres.port}/pde`;
    await expect(query(wrong, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    await expect(query(`postgres://postgres@${postgres.host}:${postgres.port}/pde`, 'SELECT 1')).rejects.toThrow();
  });
});
