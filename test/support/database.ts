/** A database per test file: the engine's schemas and roles as the stack makes them, empty, dropped afterwards. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { connectStatements, schemaStatements } from '../../services/stack/postgres-roles.ts';
import type { Stack } from '../../services/stack/stack.ts';

export interface TestDatabase {
  readonly name: string;
  /** Connection URL of a role such as pde_features or pde_features_owner. */
  url(role: string): string;
  /** As superuser. */
  readonly adminUrl: string;
  /** Ends its connections and drops it. */
  drop(): Promise<void>;
}

const TEMPLATE = 'pde_template';

/** Makes the template that createTestDatabase copies; once per stack. */
export async function createTemplateDatabase(postgres: Stack['postgres']): Promise<void> {
  await execute(postgres.adminUrl, [`CREATE DATABASE ${TEMPLATE}`]);
  await execute(postgres.url('postgres', TEMPLATE), schemaStatements());
}

/** A fresh database with the schemas bank, features, scoring and interventions; the same roles and passwords as the engine's. */
export async function createTestDatabase(postgres: Stack['postgres']): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await execute(postgres.adminUrl, [`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`, ...connectStatements(name)]);
  return {
    name,
    url: (role) => postgres.url(role, name),
    adminUrl: postgres.url('postgres', name),
    drop: () => execute(postgres.adminUrl, [`DROP DATABASE ${name} WITH (FORCE)`]),
  };
}

async function execute(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
