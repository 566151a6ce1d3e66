/**
 * One Kafka 4 node in KRaft mode, broker and controller in one process: SCRAM for clients, PLAIN with a user of its own on the
 * controller's port, ACLs for everything, nobody anonymous (I10). Its first format makes the users.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { StackError } from './errors.ts';
import { exists, writeWhole } from './files.ts';
import { brokerProperties, KAFKA_USERS, type KafkaPorts } from './kafka-properties.ts';
import type { Supervisor } from './supervisor.ts';

export interface KafkaOptions {
  readonly supervisor: Supervisor;
  /** Holds server.properties and the log; made if missing. */
  readonly directory: string;
  readonly java: string;
  readonly jars: readonly string[];
  readonly ports: KafkaPorts;
  readonly passwords: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly signal?: AbortSignal | undefined;
}

const STARTED = 'Kafka Server started';

/** Formats the directory if it is new, starts the node and resolves once it serves. */
export async function startKafka(o: KafkaOptions): Promise<void> {
  await mkdir(o.directory, { recursive: true, mode: 0o700 });
  const properties = join(o.directory, 'server.properties');
  await writeWhole(
    properties,
    brokerProperties({ dataDir: join(o.directory, 'data'), ports: o.ports, passwords: o.passwords }),
  );
  await formatOnce(o, properties);
  await o.supervisor.spawnProcess<true>({
    name: 'Kafka',
    command: o.java,
    args: [...jvmArguments(o, '-Xms256m', '-Xmx512m'), 'kafka.Kafka', properties],
    logFile: o.logFile,
    stopRank: 1,
    ready: (line) => (line.includes(STARTED) ? true : null),
    restart: { firstMs: 500, longestMs: 15_000 },
  }).ready;
}

function jvmArguments(o: KafkaOptions, ...memory: readonly string[]): readonly string[] {
  return [
    ...memory,
    '-XX:+UseSerialGC',
    '-XX:-UsePerfData',
    '-Djava.awt.headless=true',
    '-Dorg.slf4j.simpleLogger.logFile=System.out',
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
    '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
    '-cp',
    o.jars.join(delimiter),
  ];
}

// The marker is written last: a format that was cut short is done again from nothing.
async function formatOnce(o: KafkaOptions, properties: string): Promise<void> {
  const marker = join(o.directory, 'formatted');
  if (await exists(marker)) return;
  await rm(join(o.directory, 'data'), { recursive: true, force: true });
  const clusterId = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64url');
  const users = KAFKA_USERS.flatMap((name) => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${name},iterations=4096,password=${o.passwords[name]}]`,
  ]);
  const args = [
    ...jvmArguments(o, '-Xmx128m', '-XX:TieredStopAtLevel=1'),
    'kafka.tools.StorageTool',
    'format',
    '--cluster-id',
    clusterId,
    '--config',
    properties,
    '--standalone',
    ...users,
  ];
  await runWithArgumentFile(o, 'Kafka format', args);
  await writeFile(marker, `${clusterId}\n`);
}

// Java reads its arguments from a file of ours: passwords never stand in the list of processes.
async function runWithArgumentFile(o: KafkaOptions, name: string, args: readonly string[]): Promise<void> {
  const file = join(o.directory, 'arguments');
  await writeWhole(file, args.map((each) => `"${each.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"\n`).join(''));
  try {
    const { code, output, error } = await o.supervisor.runTool({
      name,
      command: o.java,
      args: [`@${file}`],
      signal: o.signal,
    });
    if (code !== 0) throw new StackError(`${name} failed: ${error?.message ?? output.trim().split('\n').at(-1)}`);
  } finally {
    await rm(file, { force: true });
  }
}

/** The cluster's id, once it is formatted. */
export async function clusterIdOf(directory: string): Promise<string> {
  return (await readFile(join(directory, 'formatted'), 'utf8')).trim();
}
