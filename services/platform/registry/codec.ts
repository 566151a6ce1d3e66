/**
 * Events to and from the bytes of a record's value: Confluent's framing over protobuf-es.
 *
 *  - Producers look up the id of the contract's own text; they never register.
 *  - Consumers accept every id that is registered under the topic's subject, and say why they refuse anything else.
 *  - A registry that is away, or has forgotten the contract, is an error to retry, never a dead letter (DESIGN section 6).
 */
import { type DescMessage, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { DeadLetter_Reason } from '../../../gen/pde/events/v1/dead_letter_pb.ts';
import { subjectOf, type TopicDefinition } from '../topics/topics.ts';
import { contractText, PROTO_DIRECTORY } from './contract-text.ts';
import { decodeFrame, encodeHeader, type Frame, frame } from './framing.ts';
import type { Registry } from './registry.ts';
import { createSchemaResolver, type SchemaResolver, type Standing } from './schema-resolver.ts';
import { wireFault } from './wire-format.ts';

export type Decoded<T> =
  | { readonly kind: 'ok'; readonly message: T }
  /** The record's own fault. `detail` names the part or the check, without personal data. */
  | { readonly kind: 'dead'; readonly reason: DeadLetter_Reason; readonly detail: string };

export interface EventCodec {
  /** @throws RegistryUnavailableError while the contract's id cannot be had */
  encode<D extends DescMessage>(topic: TopicDefinition, desc: D, message: MessageShape<D>): Promise<Uint8Array>;
  /** The same without waiting, once the contract's id is known. */
  encoder<D extends DescMessage>(topic: TopicDefinition, desc: D): Promise<(message: MessageShape<D>) => Uint8Array>;
  /**
   * At once where the schema's standing is remembered, as it is for nearly every record: a promise a record costs as much as its frame.
   *
   * @throws RegistryUnavailableError (rejects with it) while the registry cannot tell; retry
   */
  decode<D extends DescMessage>(
    topic: TopicDefinition,
    desc: D,
    bytes: Uint8Array,
  ): Decoded<MessageShape<D>> | Promise<Decoded<MessageShape<D>>>;
}

export interface EventCodecOptions {
  readonly registry: Registry;
  /** Default this repository's `proto/`. */
  readonly protoDirectory?: string;
  readonly negativeTtlMs?: number;
  readonly now?: () => number;
}

export function createEventCodec(o: EventCodecOptions): EventCodec {
  const resolvers = new Map<string, Promise<SchemaResolver>>();
  /** Those of them that are made. */
  const made = new Map<string, SchemaResolver>();
  const headers = new Map<string, Promise<Uint8Array>>();

  async function makeResolver(topic: TopicDefinition): Promise<SchemaResolver> {
    const { protoDirectory = PROTO_DIRECTORY, ...rest } = o;
    const text = await contractText(topic, protoDirectory);
    const resolver = createSchemaResolver({ ...rest, subject: subjectOf(topic), text });
    made.set(topic.name, resolver);
    return resolver;
  }

  const resolverOf = (topic: TopicDefinition) => once(resolvers, topic.name, () => makeResolver(topic));

  const headerOf = (topic: TopicDefinition) =>
    once(headers, topic.name, async () => encodeHeader(await (await resolverOf(topic)).contractId(), [0]));

  async function encoder<D extends DescMessage>(topic: TopicDefinition, desc: D) {
    assertCarries(topic, desc);
    const header = await headerOf(topic);
    return (message: MessageShape<D>) => frame(header, toBinary(desc, message));
  }

  return {
    encoder,
    encode: async (topic, desc, message) => (await encoder(topic, desc))(message),
    decode(topic, desc, bytes) {
      assertCarries(topic, desc);
      const framed = decodeFrame(bytes);
      if (framed.kind === 'malformed') return dead(DeadLetter_Reason.BAD_FRAMING, framed.detail);
      const standing = made.get(topic.name)?.remembered(framed.schemaId);
      if (standing !== undefined) return decodeFramed(topic, desc, framed, standing);
      return resolverOf(topic)
        .then((resolver) => resolver.standingOf(framed.schemaId))
        .then((asked) => decodeFramed(topic, desc, framed, asked));
    },
  };
}

function decodeFramed<D extends DescMessage>(
  topic: TopicDefinition,
  desc: D,
  framed: Frame & { kind: 'frame' },
  standing: Standing,
): Decoded<MessageShape<D>> {
  return refusalOf(topic, framed, standing) ?? decodePayload(desc, framed.payload);
}

/** One promise per key; a failed one is forgotten. */
function once<T>(all: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  let made = all.get(key);
  if (made === undefined) {
    made = make();
    all.set(key, made);
    made.catch(() => all.delete(key));
  }
  return made;
}

function assertCarries(topic: TopicDefinition, desc: DescMessage): void {
  if (desc.typeName !== topic.message) throw new Error(`${topic.name} carries ${topic.message}, not ${desc.typeName}`);
}

function refusalOf(
  topic: TopicDefinition,
  framed: Frame & { kind: 'frame' },
  standing: Standing,
): Decoded<never> | null {
  if (standing === 'unknown') {
    return dead(DeadLetter_Reason.UNKNOWN_SCHEMA_ID, `schema id ${framed.schemaId} is not in the registry`);
  }
  if (standing === 'foreign') {
    return dead(DeadLetter_Reason.WRONG_SCHEMA, `schema id ${framed.schemaId} is not of subject ${subjectOf(topic)}`);
  }
  const isFirst = framed.indexes.length === 1 && framed.indexes[0] === 0;
  return isFirst
    ? null
    : dead(DeadLetter_Reason.WRONG_SCHEMA, `message indexes [${framed.indexes}] are not the event's [0]`);
}

function decodePayload<D extends DescMessage>(desc: D, payload: Uint8Array): Decoded<MessageShape<D>> {
  const fault = wireFault(desc, payload);
  if (fault !== null) return dead(DeadLetter_Reason.INVALID_PAYLOAD, fault);
  try {
    return { kind: 'ok', message: fromBinary(desc, payload) };
  } catch (cause) {
    // The runtime's message speaks of wire types and bounds, never of values.
    return dead(DeadLetter_Reason.INVALID_PAYLOAD, cause instanceof Error ? cause.message : 'undecodable');
  }
}

function dead(reason: DeadLetter_Reason, detail: string): Decoded<never> {
  return { kind: 'dead', reason, detail };
}
