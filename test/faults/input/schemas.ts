/** The registry as the corpus needs it: our own ids, those of feeds that are not ours, and a schema that is registered late. */
import type { Stack } from '../../../services/stack/stack.ts';
import { PARTITIONS, type SchemaIds, type TopicName } from './sent.ts';

/** Schemas of other feeds, by the registry's name of their kind. */
const FOREIGN: Readonly<Record<string, string>> = {
  AVRO: '{"type":"record","name":"Payment","fields":[{"name":"id","type":"string"}]}',
  JSON: '{"type":"object","properties":{"id":{"type":"string"}}}',
  PROTOBUF: 'syntax = "proto3"; message Payment { string id = 1; }',
};
/** Ids that the registry may give next: others may register beside us. */
const GUESSES = 3;

export async function prepareSchemas(stack: Pick<Stack, 'registry'>): Promise<SchemaIds> {
  const topics = Object.keys(PARTITIONS) as TopicName[];
  const own = await Promise.all(topics.map(async (topic) => [topic, (await latest(stack, topic)).id] as const));
  const foreign: number[] = [];
  for (const [kind, text] of Object.entries(FOREIGN)) {
    foreign.push(await register(stack, `another-feed-${kind.toLowerCase()}`, { schemaType: kind, schema: text }));
  }
  const highest = await highestId(stack, Math.max(...foreign));
  return {
    own: Object.fromEntries(own) as SchemaIds['own'],
    foreign,
    next: Array.from({ length: GUESSES }, (_, i) => highest + 1 + i),
  };
}

/** Registers the contract's transaction with a field more, as a newer release of a feed would. @returns its id */
export async function registerLate(stack: Pick<Stack, 'registry'>): Promise<number> {
  const { schema } = await latest(stack, 'transactions-stream');
  const field = `string note_${process.pid} = ${1_000 + (process.pid % 1_000)};`;
  const newer = schema.replace('Mode mode = 21;', (mode) => `${mode}\n  ${field}`);
  return await register(stack, 'transactions-stream-value', { schemaType: 'PROTOBUF', schema: newer });
}

async function latest(stack: Pick<Stack, 'registry'>, topic: TopicName): Promise<{ id: number; schema: string }> {
  return (await ask(stack, `/subjects/${topic}-value/versions/latest`)) as { id: number; schema: string };
}

async function register(stack: Pick<Stack, 'registry'>, subject: string, body: object): Promise<number> {
  const { id } = (await ask(stack, `/subjects/${subject}/versions`, body)) as { id: number };
  return id;
}

async function highestId(stack: Pick<Stack, 'registry'>, from: number): Promise<number> {
  for (let id = from; ; id++) {
    const answer = await fetch(urlOf(stack, `/schemas/ids/${id + 1}`));
    await answer.body?.cancel();
    if (answer.status === 404) return id;
  }
}

async function ask(stack: Pick<Stack, 'registry'>, path: string, body?: object): Promise<unknown> {
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await fetch(urlOf(stack, path), body === undefined ? {} : post);
  if (!answer.ok) throw new Error(`the registry answers ${answer.status} to ${path}: ${await answer.text()}`);
  return await answer.json();
}

function urlOf({ registry }: Pick<Stack, 'registry'>, path: string): string {
  return `${registry.url}/apis/ccompat/v7${path}`;
}
