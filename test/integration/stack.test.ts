import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
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

function portsOf(stateDir: string): Record<string, number> {
  return JSON.parse(readFileSync(join(stateDir, 'ports.json'), 'utf8')) as Record<string, number>;
}

type Sasl = { mechanism: 'plain' | 'scram-sha-512'; username: string; password: string };

/** Whether a client of that kind may list topics. */
async function isLetIn(broker: string, sasl?: Sasl): Promise<boolean> {
  const common = { clientId: 'stranger', brokers: [broker], logLevel: logLevel.NOTHING, retry: { retries: 0 } };
  const admin = new Kafka(sasl === undefined ? common : { ...common, sasl: sasl as never }).admin();
  try {
    await admin.connect();
    await admin.listTopics();
    return true;
  } catch {
    return false;
  } finally {
    await admin.disconnect();
  }
}

describe('Kafka', () => {
  const { kafka, stateDir } = testStack();
  const admin = kafka.credentials('admin');

  it('lets its users in by SCRAM', async () => {
    expect(await isLetIn(kafka.brokers, { mechanism: 'scram-sha-512', ...admin })).toBe(true);
    expect(await isLetIn(kafka.brokers, { mechanism: 'scram-sha-512', ...kafka.credentials('features') })).toBe(true);
  });

  it('refuses anonymous clients, PLAIN and a wrong password', async () => {
    expect(await isLetIn(kafka.brokers)).toBe(false);
    expect(await isLetIn(kafka.brokers, { mechanism: 'plain', ...admin })).toBe(false);
    expect(await isLetIn(kafka.brokers, { mechanism: 'scram-sha-512', ...admin, password: 'wrong' })).toBe(false);
  });

  it("refuses on the controller's port everyone but the controller", async () => {
    const controller = `127.0.0.1:${portsOf(stateDir).kafkaController}`;
    expect(await isLetIn(controller)).toBe(false);
    expect(await isLetIn(controller, { mechanism: 'plain', ...admin })).toBe(false);
    expect(await isLetIn(controller, { mechanism: 'scram-sha-512', ...admin })).toBe(false);
  });

  it('grants a service nothing before an ACL does', async () => {
    const common = { brokers: [kafka.brokers], logLevel: logLevel.NOTHING, retry: { retries: 0 } };
    const client = new Kafka({ ...common, sasl: { mechanism: 'scram-sha-512', ...kafka.credentials('features') } });
    const service = client.admin();
    await service.connect();
    await expect(service.createTopics({ topics: [{ topic: 'not-theirs' }] })).rejects.toThrow();
    await service.disconnect();
  });
});

describe('the registry', () => {
  const { registry, stateDir } = testStack();
  const register = async (subject: string, schema: string) => {
    const answer = await fetch(`${registry.url}/apis/ccompat/v7/subjects/${subject}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schemaType: 'PROTOBUF', schema }),
    });
    await answer.body?.cancel();
    return answer.status;
  };

  it('refuses a text that names an unknown type, and an incompatible one', async () => {
    const valid = 'syntax = "proto3"; package t; message A { string a = 1; }';
    expect(await register('valid-value', valid)).toBe(200);
    expect(await register('valid-value', valid.replace('string a', 'int32 a'))).toBe(409);
    expect(await register('invalid-value', valid.replace('string a', 'Missing a'))).toBeGreaterThanOrEqual(409);
  });

  it('listens, like everything else of the stack, on loopback only', () => {
    const listening = execFileSync('ss', ['-Htln'], { encoding: 'utf8' }).split('\n');
    for (const port of Object.values(portsOf(stateDir))) {
      const found = listening.map((line) => line.trim().split(/\s+/)[3] ?? '').filter((it) => it.endsWith(`:${port}`));
      expect(found.map((address) => address.replace('[::ffff:127.0.0.1]', '127.0.0.1'))).toEqual([`127.0.0.1:${port}`]);
    }
  });
});
