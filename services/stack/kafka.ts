/**
 * One Kafka 4 node in KRaft mode, broker and controller in one process: SCRAM for clients, PLAIN with a user of its own on the
 * controller's port, ACLs for everything, nobody anonymous (I10).
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from './files.ts';
import { jvmArguments } from './kafka-java.ts';
import { brokerProperties, type KafkaPorts, type KafkaVia } from './kafka-properties.ts';
import { addNewUsers, formatOnce } from './kafka-users.ts';
import type { ManagedProcess, Supervisor } from './supervisor.ts';

export interface KafkaOptions {
  readonly supervisor: Supervisor;
  /** Holds server.properties and the log; made if missing. */
  readonly directory: string;
  readonly java: string;
  readonly jars: readonly string[];
  readonly ports: KafkaPorts;
  /** SCRAM users, `admin` among them. */
  readonly users: readonly string[];
  /** Of those users and of the controller's. */
  readonly passwords: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly readyWithinMs: number;
  readonly via: KafkaVia | undefined;
  /** Of the node, on top of what is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

const STARTED = 'Kafka Server started';

/** Formats the directory if it is new, starts the node and resolves once it serves all users. */
export async function startKafka(o: KafkaOptions): Promise<ManagedProcess<true>> {
  const { users, passwords, ports } = o;
  await mkdir(o.directory, { recursive: true, mode: 0o700 });
  const dataDir = join(o.directory, 'data');
  const properties = join(o.directory, 'server.properties');
  await writeWhole(properties, brokerProperties({ dataDir, ports, passwords, via: o.via }));
  await formatOnce(o, { properties, dataDir, users, passwords });
  const node = o.supervisor.spawnProcess<true>({
    name: 'Kafka',
    command: o.java,
    args: [...jvmArguments(o.jars, '-Xms256m', '-Xmx512m'), 'kafka.Kafka', properties],
    env: o.env,
    logFile: o.logFile,
    stopRank: 1,
    ready: (line) => (line.includes(STARTED) ? true : null),
    restart: { firstMs: 500, longestMs: 15_000 },
    readyWithinMs: o.readyWithinMs,
  });
  await node.ready;
  await addNewUsers(o, { brokers: `127.0.0.1:${ports.broker}`, users, passwords });
  return node;
}
