/**
 * Apicurio Registry 3 as a plain Java process. It keeps everything in PostgreSQL, so schema ids survive; both of its listeners
 * are bound to loopback (its management interface would listen everywhere by default).
 */

import { join } from 'node:path';
import { StackError } from './errors.ts';
import type { ManagedProcess, Supervisor } from './supervisor.ts';

export interface RegistryOptions {
  readonly supervisor: Supervisor;
  /** The unpacked application. */
  readonly home: string;
  readonly java: string;
  readonly port: number;
  readonly managementPort: number;
  readonly postgres: {
    readonly port: number;
    readonly database: string;
    readonly role: string;
    readonly password: string;
  };
  readonly logFile: string;
  readonly readyWithinMs: number;
}

/** Applied to every schema, whatever a subject says besides: its text must be valid, and every older version stays readable. */
const GLOBAL_RULES = {
  APICURIO_RULES_GLOBAL_VALIDITY: 'FULL',
  APICURIO_RULES_GLOBAL_COMPATIBILITY: 'BACKWARD_TRANSITIVE',
} as const;

const SAMPLE =
  'syntax = "proto3"; package sample; import "google/protobuf/timestamp.proto"; message Sample { google.protobuf.Timestamp a = 1; }';

/** Starts it and resolves once it is healthy and has checked a first schema. */
export async function startRegistry(o: RegistryOptions): Promise<ManagedProcess<true>> {
  const registry = o.supervisor.spawnProcess<true>({
    name: 'Apicurio Registry',
    command: o.java,
    args: [
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-XX:-UsePerfData',
      '-Djava.util.logging.manager=org.jboss.logmanager.LogManager',
      '-Dquarkus.http.host=127.0.0.1',
      `-Dquarkus.http.port=${o.port}`,
      '-Dquarkus.management.host=127.0.0.1',
      `-Dquarkus.management.port=${o.managementPort}`,
      '-jar',
      join(o.home, 'quarkus-run.jar'),
    ],
    env: {
      ...GLOBAL_RULES,
      APICURIO_STORAGE_KIND: 'sql',
      APICURIO_STORAGE_SQL_KIND: 'postgresql',
      APICURIO_DATASOURCE_URL: `jdbc:postgresql://127.0.0.1:${o.postgres.port}/${o.postgres.database}`,
      APICURIO_DATASOURCE_USERNAME: o.postgres.role,
      APICURIO_DATASOURCE_PASSWORD: o.postgres.password,
    },
    logFile: o.logFile,
    stopRank: 1,
    probe: () => isHealthy(o.managementPort),
    restart: { firstMs: 500, longestMs: 15_000 },
    readyWithinMs: o.readyWithinMs,
  });
  await registry.ready;
  await checkFirstSchema(`http://127.0.0.1:${o.port}`, o.readyWithinMs);
  return registry;
}

async function isHealthy(managementPort: number): Promise<true | null> {
  const answer = await fetch(`http://127.0.0.1:${managementPort}/health/ready`, { signal: AbortSignal.timeout(2_000) });
  await answer.body?.cancel();
  return answer.ok ? true : null;
}

// A dry run: its first check loads the Protobuf compiler, which on a busy machine takes longer than clients wait for an answer.
async function checkFirstSchema(url: string, withinMs: number): Promise<void> {
  const content = { content: SAMPLE, contentType: 'application/x-protobuf' };
  const answer = await fetch(`${url}/apis/registry/v3/groups/default/artifacts?dryRun=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ artifactId: 'sample', artifactType: 'PROTOBUF', firstVersion: { content } }),
    signal: AbortSignal.timeout(withinMs),
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new StackError(`the registry refused a valid schema with status ${answer.status}`);
}
