/** What the corpus sends, and what must become of it. */
import kafkajs from 'kafkajs';
import type { DeadLetter_Reason } from '../../../gen/pde/events/v1/dead_letter_pb.ts';
import type { Random } from './random.ts';
import { encode, type Field, framed } from './wire.ts';

/** Topics that services consume, with their partitions. */
export const PARTITIONS = { 'transactions-stream': 3, 'customer-updates': 2, 'predictions-stream': 3 } as const;
export type TopicName = keyof typeof PARTITIONS;

/** Who must dead-letter what is wrong in a topic. */
export const CONSUMERS: Readonly<Record<TopicName, readonly ('features' | 'interventions')[]>> = {
  'transactions-stream': ['features'],
  'customer-updates': ['features', 'interventions'],
  'predictions-stream': ['interventions'],
};

export type Expected =
  | { readonly kind: 'dead'; readonly reason: keyof typeof DeadLetter_Reason }
  /** It takes effect: a ledger row, a version of a profile, a stop; by its identity. */
  | { readonly kind: 'accepted'; readonly stored: string }
  /** It came before: counted, and nothing changes. */
  | { readonly kind: 'repeat' }
  /** The producer is told so (too large, or without a key where the log is compacted); nothing is in the log. */
  | { readonly kind: 'refused by the broker' };

/** What mends a record's fault, so that a replay of the same bytes takes effect. */
export interface Mend {
  readonly by: 'its key decides its partition' | 'its schema is registered' | 'the store takes it';
  /** The identity under which it then stands. */
  readonly stored: string;
}

export interface Sent {
  readonly way: string;
  readonly topic: TopicName;
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly expected: Expected;
  readonly mend?: Mend;
}

/** What a way makes its records of. */
export interface Making {
  readonly random: Random;
  /** A customer that no other record of the corpus has. */
  readonly customerId: string;
  readonly schemas: SchemaIds;
  readonly nowMs: number;
}

export interface SchemaIds {
  readonly own: Readonly<Record<TopicName, number>>;
  /** Of other subjects: of this contract's other topics, and of feeds that have nothing to do with it. */
  readonly foreign: readonly number[];
  /** Ids that the registry will give next. */
  readonly next: readonly number[];
}

/** One way to be wrong (or nearly), as one or more records that lie in the log in this order. */
export interface Way {
  readonly name: string;
  /** Of a megabyte or so: once is enough. */
  readonly heavy?: boolean;
  make(o: Making): readonly Omit<Sent, 'way'>[];
}

/** kafkajs's own partitioner, which is Java's: not the engine's. */
const partitioner = kafkajs.Partitioners.DefaultPartitioner();

export function partitionOf(topic: TopicName, key: Buffer): number {
  const partitionMetadata = Array.from({ length: PARTITIONS[topic] }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 0,
    replicas: [],
    isr: [],
  }));
  return partitioner({ topic, partitionMetadata, message: { key, value: null } });
}

export function dead(reason: keyof typeof DeadLetter_Reason): Expected {
  return { kind: 'dead', reason };
}

export interface Placing {
  /** Default the customer's id. */
  readonly key?: Buffer | null;
  /** Default the customer's. */
  readonly partition?: number;
  readonly mend?: Mend;
}

/** A record of a customer. */
export function sent(
  topic: TopicName,
  customerId: string,
  value: Buffer | null,
  expected: Expected,
  { key, partition, mend }: Placing = {},
): Omit<Sent, 'way'> {
  const own = Buffer.from(customerId);
  return {
    topic,
    key: key === undefined ? own : key,
    partition: partition ?? partitionOf(topic, own),
    value,
    expected,
    ...(mend === undefined ? {} : { mend }),
  };
}

/** A message's fields under the schema of its topic. */
export function written({ schemas }: Pick<Making, 'schemas'>, topic: TopicName, fields: readonly Field[]): Buffer {
  return framed(schemas.own[topic], encode(fields));
}
