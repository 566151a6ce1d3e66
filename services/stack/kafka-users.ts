/**
 * Kafka's SCRAM users: made when the log is formatted, so that even its first moment is closed to strangers; a user that a later
 * version of the engine brings along is added to the running node.
 */
import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, writeWhole } from './files.ts';
import { type KafkaJava, runKafkaTool } from './kafka-java.ts';

type Passwords = Readonly<Record<string, string>>;

interface Formatted {
  readonly clusterId: string;
  readonly users: readonly string[];
}

const ITERATIONS = 4096;

/** Formats the log for these users, unless that was done; a format that was cut short is done again from nothing. */
export async function formatOnce(
  java: KafkaJava,
  o: {
    readonly properties: string;
    readonly dataDir: string;
    readonly users: readonly string[];
    readonly passwords: Passwords;
  },
): Promise<void> {
  const marker = markerOf(java);
  if (await exists(marker)) return;
  await rm(o.dataDir, { recursive: true, force: true });
  const clusterId = randomBytes(16).toString('base64url');
  await runKafkaTool(java, "Kafka's format", [
    'kafka.tools.StorageTool',
    'format',
    `--cluster-id=${clusterId}`,
    `--config=${o.properties}`,
    '--standalone',
    ...o.users.map(
      (name) => `--add-scram=SCRAM-SHA-512=[name=${name},iterations=${ITERATIONS},password=${o.passwords[name]}]`,
    ),
  ]);
  await remember(marker, { clusterId, users: o.users });
}

/** Adds the users that are new since the format. */
export async function addNewUsers(
  java: KafkaJava,
  o: { readonly brokers: string; readonly users: readonly string[]; readonly passwords: Passwords },
): Promise<void> {
  const marker = markerOf(java);
  const formatted = JSON.parse(await readFile(marker, 'utf8')) as Formatted;
  const added = o.users.filter((name) => !formatted.users.includes(name));
  if (added.length === 0) return;
  const config = join(java.directory, 'admin.properties');
  await writeWhole(config, adminProperties(o.passwords.admin!));
  for (const name of added) {
    await runKafkaTool(java, "Kafka's user administration", [
      'kafka.admin.ConfigCommand',
      `--bootstrap-server=${o.brokers}`,
      `--command-config=${config}`,
      '--alter',
      '--entity-type=users',
      `--entity-name=${name}`,
      `--add-config=SCRAM-SHA-512=[iterations=${ITERATIONS},password=${o.passwords[name]}]`,
    ]);
  }
  await rm(config, { force: true });
  await remember(marker, { ...formatted, users: [...formatted.users, ...added] });
}

function adminProperties(password: string): string {
  const module = 'org.apache.kafka.common.security.scram.ScramLoginModule';
  return [
    'security.protocol=SASL_PLAINTEXT',
    'sasl.mechanism=SCRAM-SHA-512',
    `sasl.jaas.config=${module} required username="admin" password="${password}";`,
    '',
  ].join('\n');
}

function markerOf(java: KafkaJava): string {
  return join(java.directory, 'formatted.json');
}

function remember(marker: string, formatted: Formatted): Promise<void> {
  return writeWhole(marker, `${JSON.stringify(formatted, null, 2)}\n`);
}
