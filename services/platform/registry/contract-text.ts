/**
 * The texts of the events, as the registry holds them: the contract's own files. An event's message is the first of its file, so
 * its message indexes are [0].
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TopicDefinition } from '../topics/topics.ts';

/** `proto/` of this repository. */
export const PROTO_DIRECTORY = fileURLToPath(new URL('../../../proto', import.meta.url));

/**
 * The text of the file that defines a topic's message: pde.events.v1.CustomerProfile is in
 * pde/events/v1/customer_profile.proto.
 */
export function contractText(topic: TopicDefinition, protoDirectory: string = PROTO_DIRECTORY): Promise<string> {
  return readFile(join(protoDirectory, fileOf(topic.message)), 'utf8');
}

function fileOf(message: string): string {
  const path = message.split('.');
  const name = path.pop() ?? message;
  const file = name.replace(/(?<=[a-z0-9])[A-Z]/g, '_$&').toLowerCase();
  return `${path.join('/')}/${file}.proto`;
}
