/** The deploy step that brings the registry to the contract: one subject per topic, with the text of its event's file. */
import { subjectOf, type TopicDefinition } from '../topics/topics.ts';
import { contractText, PROTO_DIRECTORY } from './contract-text.ts';
import type { Registry } from './registry.ts';

export interface RegisteredSubject {
  readonly subject: string;
  readonly schemaId: number;
}

/**
 * Registers every topic's event, idempotently, with compatibility BACKWARD_TRANSITIVE.
 *
 * @throws IncompatibleSchemaError naming the subject that the registry refuses; those before it are registered
 */
export async function registerAll(
  registry: Registry,
  topics: readonly TopicDefinition[],
  protoDirectory: string = PROTO_DIRECTORY,
): Promise<readonly RegisteredSubject[]> {
  const registered: RegisteredSubject[] = [];
  for (const topic of topics) {
    const subject = subjectOf(topic);
    const text = await contractText(topic, protoDirectory);
    registered.push({ subject, schemaId: await registry.register(subject, text, 'BACKWARD_TRANSITIVE') });
  }
  return registered;
}

/**
 * Compares registry and contract without changing anything.
 *
 * @returns one sentence per difference; empty means equal
 */
export async function verifyAll(
  registry: Registry,
  topics: readonly TopicDefinition[],
  protoDirectory: string = PROTO_DIRECTORY,
): Promise<readonly string[]> {
  const present = new Set(await registry.subjects());
  const differences = await Promise.all(
    topics.map(async (topic) => {
      const subject = subjectOf(topic);
      if (!present.has(subject)) return [`${subject} is not registered`];
      const id = await registry.lookUp(subject, await contractText(topic, protoDirectory));
      return id === null ? [`${subject} has no version with the contract's text`] : [];
    }),
  );
  return differences.flat();
}
