/**
 * The connection to a Kafka cluster: SCRAM-SHA-512, no topic is ever created by asking for it, kafkajs's own log lines in ours.
 * One admin client is shared by whoever asks for offsets, connected on first use.
 */
import kafkajs, { type Admin, type Kafka, type KafkaConfig, type logCreator } from 'kafkajs';
import { assertCompatible, IncompatibleBrokerError } from './api-versions.ts';
import { DEFAULT_BACKOFF, delayMs, pause } from './backoff.ts';
import type { Log } from './log.ts';

export interface KafkaOptions {
  /** host:port, comma separated. */
  readonly brokers: string;
  readonly username: string;
  readonly password: string;
  /** Shown in the broker's logs and quotas. */
  readonly clientId: string;
  readonly log: Log;
  /** Longest wait for an answer. Default 30 s. */
  readonly requestTimeoutMs?: number;
}

/** First offset kept and offset after the last record of a partition. */
export interface LogRange {
  readonly partition: number;
  readonly beginOffset: bigint;
  readonly endOffset: bigint;
}

export interface KafkaConnection {
  /** kafkajs, for this room only. */
  readonly client: Kafka;
  readonly clientId: string;
  readonly username: string;
  readonly log: Log;
  /** The shared admin client, connected. */
  admin(): Promise<Admin>;
  /** Ranges of all partitions of a topic, read now. Retries while the broker is away, until the signal aborts. */
  logRanges(topic: string, signal?: AbortSignal): Promise<readonly LogRange[]>;
  /** Asks a broker once whether it takes requests as kafkajs sends them. @throws IncompatibleBrokerError, or an error to retry */
  compatible(): Promise<void>;
  /** host:port of the leader of each partition of a topic. */
  leaders(topic: string): Promise<ReadonlyMap<number, string>>;
  /** Closes the shared admin client. Producers and consumers are closed by their owners, before. */
  close(): Promise<void>;
}

export function createKafka(o: KafkaOptions): KafkaConnection {
  const client = new kafkajs.Kafka(configOf(o));
  let admin: Promise<Admin> | null = null;
  let compatible: Promise<void> | null = null;

  async function connectAdmin(): Promise<Admin> {
    const made = client.admin({ retry: { retries: 2 } });
    await made.connect();
    return made;
  }

  const shared = (): Promise<Admin> => {
    admin ??= connectAdmin().catch((cause: unknown) => {
      admin = null;
      throw cause;
    });
    return admin;
  };

  return {
    client,
    clientId: o.clientId,
    username: o.username,
    log: o.log,
    admin: shared,
    async logRanges(topic, signal) {
      for (let attempt = 1; ; attempt++) {
        try {
          return rangesOf(await (await shared()).fetchTopicOffsets(topic));
        } catch (cause) {
          if (signal === undefined ? attempt >= 5 : signal.aborted) throw cause;
          o.log.warn({ event: 'log-ranges-unread', topic, attempt, cause });
          await pause(delayMs(DEFAULT_BACKOFF, attempt), signal);
        }
      }
    },
    compatible() {
      compatible ??= askBrokers(brokersOf(o)).catch((cause: unknown) => {
        compatible = null;
        throw cause;
      });
      return compatible;
    },
    leaders: async (topic) => await leadersOf(await shared(), topic),
    async close() {
      const open = admin;
      admin = null;
      if (open !== null) await open.then((made) => made.disconnect()).catch(() => undefined);
    },
  };
}

function rangesOf(offsets: readonly { partition: number; high: string; low: string }[]): LogRange[] {
  return offsets
    .map(({ partition, high, low }) => ({ partition, beginOffset: BigInt(low), endOffset: BigInt(high) }))
    .sort((a, b) => a.partition - b.partition);
}

async function leadersOf(admin: Admin, topic: string): Promise<ReadonlyMap<number, string>> {
  const [{ brokers }, { topics }] = await Promise.all([
    admin.describeCluster(),
    admin.fetchTopicMetadata({ topics: [topic] }),
  ]);
  const addresses = new Map(brokers.map(({ nodeId, host, port }) => [nodeId, `${host}:${port}`]));
  const partitions = topics.find(({ name }) => name === topic)?.partitions ?? [];
  return new Map(partitions.map(({ partitionId, leader }) => [partitionId, addresses.get(leader) ?? '']));
}

/** The first that answers speaks for all: they run the same release, or are being upgraded to it. */
async function askBrokers(addresses: readonly string[]): Promise<void> {
  let last: unknown;
  for (const address of addresses) {
    try {
      return await assertCompatible(address);
    } catch (cause) {
      if (cause instanceof IncompatibleBrokerError) throw cause;
      last = cause;
    }
  }
  throw Object.assign(new Error('no broker can be reached', { cause: last }), { retriable: true });
}

function brokersOf(o: KafkaOptions): string[] {
  return o.brokers.split(',').map((broker) => broker.trim());
}

function configOf(o: KafkaOptions): KafkaConfig {
  return {
    clientId: o.clientId,
    brokers: brokersOf(o),
    sasl: { mechanism: 'scram-sha-512', username: o.username, password: o.password },
    ssl: false,
    connectionTimeout: 5_000,
    authenticationTimeout: 10_000,
    requestTimeout: o.requestTimeoutMs ?? 30_000,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 5 },
    logLevel: kafkajs.logLevel.WARN,
    logCreator: logsTo(o.log),
  };
}

/** kafkajs calls errors what it then retries by itself: they are warnings here, and what surfaces is logged by its owner. */
function logsTo(log: Log): logCreator {
  return () => (entry) => {
    const { message, timestamp, logger, stack, ...fields } = entry.log;
    log.warn({ event: 'kafkajs', namespace: entry.namespace, message, ...fields });
  };
}
