/**
 * The topics of the engine, read from the contract at run time (pde.topics.v1.Topic and its options). There is no second list:
 * what is created in the broker, registered, allowed and routed to dead letters all follows from these values.
 */
import { getOption } from '@bufbuild/protobuf';
import { CleanupPolicy, type TopicOptions, topic as topicOption } from '../../../gen/pde/options/v1/options_pb.ts';
import { type Topic, TopicSchema } from '../../../gen/pde/topics/v1/topics_pb.ts';

/** One topic, frozen. */
export interface TopicDefinition {
  readonly topic: Topic;
  /** Name in the broker. */
  readonly name: string;
  /** Full name of the message that its values carry. */
  readonly message: string;
  /** Name of the message's field that is the record's key. */
  readonly keyField: string;
  readonly partitions: number;
  readonly retentionMs: number;
  /** Compacted topics have gaps: the latest record of a key is what counts. */
  readonly compacted: boolean;
  /** 0 where the topic is not compacted. */
  readonly minCompactionLagMs: number;
  /** Largest record that the broker accepts. */
  readonly maxRecordBytes: number;
  /** Largest value that a consumer processes; what is larger becomes a dead letter. */
  readonly maxValueBytes: number;
  /** Name of the topic that takes what cannot be processed, or null. */
  readonly deadLetter: string | null;
  /** Kafka users that may write, and read. */
  readonly producers: readonly string[];
  readonly consumers: readonly string[];
}

const definitions: readonly TopicDefinition[] = Object.freeze(
  TopicSchema.values
    .filter((value) => value.number !== 0)
    .map((value) => Object.freeze(definitionOf(value.number as Topic, getOption(value, topicOption)))),
);
const byEnum = new Map(definitions.map((definition) => [definition.topic, definition]));
const byName = new Map(definitions.map((definition) => [definition.name, definition]));

/** Every topic, in the contract's order. */
export function allTopics(): readonly TopicDefinition[] {
  return definitions;
}

/** @throws Error for TOPIC_UNSPECIFIED or a value that the contract does not have */
export function topicOf(topic: Topic): TopicDefinition {
  const definition = byEnum.get(topic);
  if (definition === undefined) throw new Error(`topic ${topic} is not in the contract`);
  return definition;
}

/** @throws Error for a name that the contract does not have */
export function topicNamed(name: string): TopicDefinition {
  const definition = byName.get(name);
  if (definition === undefined) throw new Error(`topic "${name}" is not in the contract`);
  return definition;
}

/** The registry's subject of a topic's values (TopicNameStrategy). */
export function subjectOf(topic: TopicDefinition): string {
  return `${topic.name}-value`;
}

function definitionOf(topic: Topic, o: TopicOptions): TopicDefinition {
  return {
    topic,
    name: o.name,
    message: o.message,
    keyField: o.key,
    partitions: o.partitions,
    retentionMs: Number(o.retention?.seconds ?? 0n) * 1_000,
    compacted: o.cleanupPolicy === CleanupPolicy.COMPACT_DELETE,
    minCompactionLagMs: Number(o.minCompactionLag?.seconds ?? 0n) * 1_000,
    maxRecordBytes: o.maxRecordBytes,
    maxValueBytes: o.maxValueBytes === 0 ? o.maxRecordBytes : o.maxValueBytes,
    deadLetter: o.deadLetter === '' ? null : o.deadLetter,
    producers: o.producers,
    consumers: o.consumers,
  };
}
