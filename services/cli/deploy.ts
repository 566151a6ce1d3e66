/**
 * The deploy steps, as a release would run them before its services start: migrations as each schema's owner, topics and ACLs
 * from the contract, schemas into the registry. Each may run again.
 */
import { join } from 'node:path';
import { applyAcls, applyTopics } from '../platform/kafka/admin.ts';
import { createKafka } from '../platform/kafka/kafka.ts';
import { migrate } from '../platform/postgres/migrate.ts';
import { registerAll } from '../platform/registry/register-all.ts';
import { createRegistry } from '../platform/registry/registry.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import { aclsOf } from '../platform/topics/acls.ts';
import { allTopics } from '../platform/topics/topics.ts';
import type { Stack } from '../stack/stack.ts';

/** Schema of each service that has tables. */
const SCHEMAS = {
  simulator: 'bank',
  features: 'features',
  scoring: 'scoring',
  interventions: 'interventions',
} as const;

/** A registry that has just started takes its time over the first texts. */
const REGISTRY_WITHIN_MS = 30_000;

export type ConnectionFacts = Pick<Stack, 'postgres' | 'kafka' | 'registry'>;

export async function deploy(facts: ConnectionFacts, root: string, log: Logger): Promise<void> {
  await Promise.all([migrateAll(facts, root, log), applyContract(facts, log)]);
}

/** Brings every schema up to date. */
export async function migrateAll(facts: ConnectionFacts, root: string, log: Logger): Promise<void> {
  const runs = Object.entries(SCHEMAS).map(([service, schema]) =>
    migrate({
      ownerUrl: facts.postgres.url(`pde_${service}_owner`),
      schema,
      directory: join(root, 'services', service, 'store', 'migrations'),
      log,
    }),
  );
  await Promise.all(runs);
}

async function applyContract(facts: ConnectionFacts, log: Logger): Promise<void> {
  const { username, password } = facts.kafka.credentials('admin');
  const kafka = createKafka({ brokers: facts.kafka.brokers, username, password, clientId: 'pde-deploy', log });
  try {
    await Promise.all([
      applyTopics(kafka, allTopics()).then(() => applyAcls(kafka, aclsOf(allTopics()))),
      registerAll(createRegistry({ url: facts.registry.url, timeoutMs: REGISTRY_WITHIN_MS }), allTopics()),
    ]);
  } finally {
    await kafka.close();
  }
}
