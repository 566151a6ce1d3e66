/**
 * Bringing a broker to the contract, and comparing the two. Deploy steps, run with a user that may; each may run again.
 */
import kafkajs, { type AclOperationTypes, type AclResourceTypes, type Admin, type ResourcePatternTypes } from 'kafkajs';
import { type AclBinding, aclKey } from '../topics/acls.ts';
import type { TopicDefinition } from '../topics/topics.ts';
import { DEFAULT_BACKOFF, delayMs, pause } from './backoff.ts';
import { isRetriable } from './errors.ts';
import type { KafkaConnection } from './kafka.ts';

// A CommonJS module whose names Node cannot see: they come by the default export.
const { AclOperationTypes: Operation, AclPermissionTypes: Permission, AclResourceTypes: Resource } = kafkajs;
const { ConfigResourceTypes, ResourcePatternTypes: Pattern } = kafkajs;

/** About half a minute. */
const LEADER_TRIES = 12;

export interface ApplyTopicsOptions {
  /** Copies of each partition. Default 1. */
  readonly replicationFactor?: number;
}

/** What the broker has of a topic: its partitions (0 if it is not there) and the settings that the contract speaks of. */
export interface BrokerTopic {
  readonly name: string;
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

export interface TopicDifference {
  readonly topic: string;
  readonly setting: string;
  readonly contract: string;
  readonly broker: string;
}

/** The broker's partitions differ from the contract's: never changed in place. New topic, drain, switch. */
export class PartitionCountError extends Error {
  override readonly name = 'PartitionCountError';
}

/**
 * Creates what is missing and sets the configuration of what is there.
 *
 * @throws PartitionCountError naming every topic whose partitions differ, before anything is changed
 */
export async function applyTopics(
  kafka: KafkaConnection,
  topics: readonly TopicDefinition[],
  o: ApplyTopicsOptions = {},
): Promise<void> {
  const admin = await kafka.admin();
  const present = new Set(await admin.listTopics());
  const [missing, there] = [topics.filter((t) => !present.has(t.name)), topics.filter((t) => present.has(t.name))];
  assertPartitions(there, await describeTopics(kafka, there));
  if (missing.length > 0) {
    await admin.createTopics({
      waitForLeaders: false,
      topics: missing.map((topic) => ({
        topic: topic.name,
        numPartitions: topic.partitions,
        replicationFactor: o.replicationFactor ?? 1,
        configEntries: entriesOf(topic),
      })),
    });
  }
  await leadersElected(admin, missing);
  if (there.length > 0) {
    await admin.alterConfigs({
      validateOnly: false,
      resources: there.map((topic) => ({
        type: ConfigResourceTypes.TOPIC,
        name: topic.name,
        configEntries: entriesOf(topic),
      })),
    });
  }
}

/** A topic just made is unknown, then without leaders, for a moment: kafkajs's own waiting takes the first for an error. */
async function leadersElected(admin: Admin, topics: readonly TopicDefinition[]): Promise<void> {
  const names = topics.map(({ name }) => name);
  for (let attempt = 1; names.length > 0; attempt++) {
    try {
      const { topics: known } = await admin.fetchTopicMetadata({ topics: names });
      if (known.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0))) return;
    } catch (cause) {
      if (!isRetriable(cause)) throw cause;
    }
    if (attempt > LEADER_TRIES) throw new Error(`no leaders for ${names.join(', ')}`);
    await pause(delayMs(DEFAULT_BACKOFF, attempt));
  }
}

/** The broker's side of these topics. */
export async function describeTopics(
  kafka: KafkaConnection,
  topics: readonly TopicDefinition[],
): Promise<readonly BrokerTopic[]> {
  const admin = await kafka.admin();
  const present = new Set(await admin.listTopics());
  const there = topics.filter((topic) => present.has(topic.name));
  const [partitions, configs] = await Promise.all([partitionsOf(admin, there), configsOf(admin, there)]);
  return topics.map(({ name }) => ({
    name,
    partitions: partitions.get(name) ?? 0,
    configs: configs.get(name) ?? {},
  }));
}

/** Every difference between contract and broker; empty means equal. */
export async function diffTopics(
  kafka: KafkaConnection,
  topics: readonly TopicDefinition[],
): Promise<readonly TopicDifference[]> {
  const described = await describeTopics(kafka, topics);
  return topics.flatMap((topic, index) => differencesOf(topic, described[index]));
}

/**
 * Makes the bindings of these users and resources exactly the given ones: missing ones are created, and others on the same topics,
 * or of the same users on groups, are deleted.
 */
export async function applyAcls(kafka: KafkaConnection, wanted: readonly AclBinding[]): Promise<void> {
  const admin = await kafka.admin();
  const surplus = surplusOf(await readAcls(admin), wanted);
  await admin.createAcls({ acl: wanted.map(aclOf) });
  if (surplus.length > 0) {
    await admin.deleteAcls({ filters: surplus.map((binding) => ({ ...aclOf(binding), resourceName: binding.name })) });
  }
}

/** The allowing bindings that the broker has, of the kinds that the contract makes. */
export async function describeAcls(kafka: KafkaConnection): Promise<readonly AclBinding[]> {
  return readAcls(await kafka.admin());
}

/** Offset after the last record, by partition. */
export async function endOffsets(kafka: KafkaConnection, topic: string): Promise<ReadonlyMap<number, bigint>> {
  return new Map((await kafka.logRanges(topic)).map(({ partition, endOffset }) => [partition, endOffset]));
}

/** Offset of the first record kept, by partition. */
export async function beginningOffsets(kafka: KafkaConnection, topic: string): Promise<ReadonlyMap<number, bigint>> {
  return new Map((await kafka.logRanges(topic)).map(({ partition, beginOffset }) => [partition, beginOffset]));
}

/**
 * The broker's settings of a topic. compression.type is ours: kafkajs cannot decode snappy, lz4 or zstd, and one such batch would
 * stop every consumer for good; so the broker stores what it receives uncompressed, whatever a producer chose.
 */
export function settingsOf(topic: TopicDefinition): Readonly<Record<string, string>> {
  return {
    'cleanup.policy': topic.compacted ? 'compact,delete' : 'delete',
    'compression.type': 'uncompressed',
    'max.message.bytes': String(topic.maxRecordBytes),
    'message.timestamp.type': 'LogAppendTime',
    'retention.ms': String(topic.retentionMs),
    ...(topic.compacted ? { 'min.compaction.lag.ms': String(topic.minCompactionLagMs) } : {}),
  };
}

function entriesOf(topic: TopicDefinition): { name: string; value: string }[] {
  return Object.entries(settingsOf(topic)).map(([name, value]) => ({ name, value }));
}

function assertPartitions(topics: readonly TopicDefinition[], described: readonly BrokerTopic[]): void {
  const wrong = topics.flatMap((topic, index) => {
    const has = described[index]?.partitions ?? 0;
    return has === topic.partitions
      ? []
      : [`${topic.name} has ${has} partitions, the contract says ${topic.partitions}`];
  });
  if (wrong.length > 0) throw new PartitionCountError(`${wrong.join('; ')}: make a new topic, drain, switch`);
}

async function partitionsOf(admin: Admin, topics: readonly TopicDefinition[]): Promise<ReadonlyMap<string, number>> {
  if (topics.length === 0) return new Map();
  const metadata = await admin.fetchTopicMetadata({ topics: topics.map(({ name }) => name) });
  return new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]));
}

async function configsOf(admin: Admin, topics: readonly TopicDefinition[]) {
  if (topics.length === 0) return new Map<string, Record<string, string>>();
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((topic) => ({
      type: ConfigResourceTypes.TOPIC,
      name: topic.name,
      configNames: Object.keys(settingsOf(topic)),
    })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
}

function differencesOf(topic: TopicDefinition, broker: BrokerTopic | undefined): TopicDifference[] {
  const contract = { partitions: String(topic.partitions), ...settingsOf(topic) };
  const actual: Record<string, string> = { partitions: String(broker?.partitions ?? 0), ...broker?.configs };
  return Object.entries(contract)
    .filter(([setting, value]) => !sameSetting(value, actual[setting]))
    .map(([setting, value]) => ({ topic: topic.name, setting, contract: value, broker: actual[setting] ?? '' }));
}

/** Lists such as "compact,delete" have no order. */
function sameSetting(contract: string, broker: string | undefined): boolean {
  const set = (value: string) => value.split(',').sort().join();
  return broker !== undefined && set(contract) === set(broker);
}

async function readAcls(admin: Admin): Promise<AclBinding[]> {
  const { resources } = await admin.describeAcls({
    resourceType: Resource.ANY,
    resourcePatternType: Pattern.ANY,
    operation: Operation.ANY,
    permissionType: Permission.ALLOW,
  });
  return resources.flatMap((resource) =>
    resource.acls.flatMap(({ principal, operation }) => bindingOf(resource, principal, operation)),
  );
}

interface AclResource {
  readonly resourceType: AclResourceTypes;
  readonly resourceName: string;
  readonly resourcePatternType: ResourcePatternTypes;
}

function bindingOf(resource: AclResource, principal: string, operation: AclOperationTypes): AclBinding[] {
  const kind = keyOf(RESOURCES, resource.resourceType);
  const pattern = keyOf(PATTERNS, resource.resourcePatternType);
  const known = keyOf(OPERATIONS, operation);
  if (kind === undefined || pattern === undefined || known === undefined || !principal.startsWith('User:')) return [];
  const user = principal.slice('User:'.length);
  return [{ user, resource: kind, name: resource.resourceName, pattern, operation: known }];
}

function surplusOf(present: readonly AclBinding[], wanted: readonly AclBinding[]): readonly AclBinding[] {
  const keep = new Set(wanted.map(aclKey));
  const topics = new Set(wanted.filter(({ resource }) => resource === 'TOPIC').map(({ name }) => name));
  const users = new Set(wanted.map(({ user }) => user));
  return present.filter(
    (binding) =>
      !keep.has(aclKey(binding)) && (binding.resource === 'TOPIC' ? topics.has(binding.name) : users.has(binding.user)),
  );
}

const RESOURCES = { TOPIC: Resource.TOPIC, GROUP: Resource.GROUP } as const;
const PATTERNS = { LITERAL: Pattern.LITERAL, PREFIXED: Pattern.PREFIXED } as const;
const OPERATIONS = {
  READ: Operation.READ,
  WRITE: Operation.WRITE,
  DELETE: Operation.DELETE,
  DESCRIBE: Operation.DESCRIBE,
  DESCRIBE_CONFIGS: Operation.DESCRIBE_CONFIGS,
} as const;

function keyOf<K extends string, V>(table: Readonly<Record<K, V>>, value: V): K | undefined {
  return (Object.keys(table) as K[]).find((key) => table[key] === value);
}

function aclOf(binding: AclBinding) {
  return {
    resourceType: RESOURCES[binding.resource],
    resourceName: binding.name,
    resourcePatternType: PATTERNS[binding.pattern],
    principal: `User:${binding.user}`,
    host: '*',
    operation: OPERATIONS[binding.operation],
    permissionType: Permission.ALLOW,
  };
}
