/**
 * Who may do what in Kafka, derived from the contract (I10). Everything not listed here is denied by the broker.
 *
 *  - A producer may WRITE and DESCRIBE its topics.
 *  - A consumer may READ and DESCRIBE its topics, and READ, DELETE the groups whose names begin with its own (DELETE, so that the
 *    group of a log reader goes with its process).
 *  - The operator may also describe every topic's configuration, so that contract and broker can be compared.
 */
import type { TopicDefinition } from './topics.ts';

export type AclOperation = 'READ' | 'WRITE' | 'DELETE' | 'DESCRIBE' | 'DESCRIBE_CONFIGS';

export interface AclBinding {
  readonly user: string;
  readonly resource: 'TOPIC' | 'GROUP';
  /** Topic's name, or prefix of the groups' names. */
  readonly name: string;
  readonly pattern: 'LITERAL' | 'PREFIXED';
  readonly operation: AclOperation;
}

const OPERATOR = 'operator';

/** Every binding that the topics need, each once, in a fixed order. */
export function aclsOf(topics: readonly TopicDefinition[]): readonly AclBinding[] {
  const bindings = topics.flatMap((topic) => [
    ...topic.producers.flatMap((user) => onTopic(user, topic.name, 'WRITE', 'DESCRIBE')),
    ...topic.consumers.flatMap((user) => onTopic(user, topic.name, 'READ', 'DESCRIBE')),
    ...onTopic(OPERATOR, topic.name, 'DESCRIBE', 'DESCRIBE_CONFIGS'),
    ...topic.consumers.flatMap((user) => onGroups(user, 'READ', 'DELETE')),
  ]);
  return [...new Map(bindings.map((binding) => [aclKey(binding), binding])).values()];
}

/** Equal bindings have equal keys. */
export function aclKey(b: AclBinding): string {
  return [b.user, b.resource, b.pattern, b.name, b.operation].join('|');
}

function onTopic(user: string, name: string, ...operations: readonly AclOperation[]): AclBinding[] {
  return operations.map((operation) => ({ user, resource: 'TOPIC', name, pattern: 'LITERAL', operation }));
}

function onGroups(user: string, ...operations: readonly AclOperation[]): AclBinding[] {
  return operations.map((operation) => ({ user, resource: 'GROUP', name: user, pattern: 'PREFIXED', operation }));
}
