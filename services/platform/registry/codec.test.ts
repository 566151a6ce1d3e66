import { create, toBinary } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { beforeEach, describe, expect, it } from 'vitest';
import { DeadLetter_Reason, DeadLetterSchema } from '../../../gen/pde/events/v1/dead_letter_pb.ts';
import { Topic } from '../../../gen/pde/topics/v1/topics_pb.ts';
import { allTopics, subjectOf, topicOf } from '../topics/topics.ts';
import { createEventCodec, type EventCodec } from './codec.ts';
import { contractText } from './contract-text.ts';
import { encodeHeader, frame } from './framing.ts';
import type { Registry } from './registry.ts';

const topic = topicOf(Topic.DEAD_LETTERS);
const OURS = 5;
const FOREIGN = 6;
const message = create(DeadLetterSchema, {
  deadLetterId: 'b7f3',
  service: 'features',
  topic: 'transactions-stream',
  partition: 2,
  offset: 12_345n,
  reason: DeadLetter_Reason.INVALID_VALUE,
  detail: 'amount_minor',
  attempts: 1,
  appendTime: timestampFromMs(1_700_000_000_123),
  originalKey: new Uint8Array([1, 2, 3]),
});

async function registryOfContract(): Promise<Registry> {
  const ours = await contractText(topic);
  return {
    register: async () => OURS,
    lookUp: async (subject, text) => (subject === subjectOf(topic) && text === ours ? OURS : null),
    textOf: async (id) =>
      new Map([
        [OURS, ours],
        [FOREIGN, 'syntax = "proto3"; message A {}'],
      ]).get(id) ?? null,
    subjects: async () => [subjectOf(topic)],
  };
}

let codec: EventCodec;
let encoded: Uint8Array;
beforeEach(async () => {
  codec = createEventCodec({ registry: await registryOfContract() });
  encoded = await codec.encode(topic, DeadLetterSchema, message);
});

const decode = (bytes: Uint8Array) => codec.decode(topic, DeadLetterSchema, bytes);

describe('an event codec', () => {
  it('frames with the contract id and the single byte 0 for the first message', () => {
    expect([...encoded.subarray(0, 6)]).toEqual([0, 0, 0, 0, OURS, 0]);
    expect(encoded.subarray(6)).toEqual(toBinary(DeadLetterSchema, message));
  });

  it('decodes what it encoded', async () => {
    expect(await decode(encoded)).toEqual({ kind: 'ok', message });
  });

  it.each([
    ['another magic byte', (bytes: Uint8Array) => bytes.with(0, 1), DeadLetter_Reason.BAD_FRAMING],
    ['an unknown id', (bytes: Uint8Array) => bytes.with(4, 99), DeadLetter_Reason.UNKNOWN_SCHEMA_ID],
    ['a negative id', (bytes: Uint8Array) => bytes.with(1, 255), DeadLetter_Reason.UNKNOWN_SCHEMA_ID],
    ["another subject's id", (bytes: Uint8Array) => bytes.with(4, FOREIGN), DeadLetter_Reason.WRONG_SCHEMA],
    ['no payload that decodes', (bytes: Uint8Array) => bytes.subarray(0, 9), DeadLetter_Reason.INVALID_PAYLOAD],
    ['nothing', () => new Uint8Array(), DeadLetter_Reason.BAD_FRAMING],
  ])('says why it refuses %s', async (_, spoil, reason) => {
    expect(await decode(spoil(encoded))).toMatchObject({ kind: 'dead', reason });
  });

  it('refuses the index of another message of the file', async () => {
    const other = frame(encodeHeader(OURS, [0, 0]), new Uint8Array());
    expect(await decode(other)).toMatchObject({ kind: 'dead', reason: DeadLetter_Reason.WRONG_SCHEMA });
  });

  it('answers a frame cut at any byte: refused, or exactly the whole fields before the cut', async () => {
    for (let length = 0; length < encoded.length; length++) {
      const cut = encoded.subarray(0, length);
      const decoded = await decode(cut);
      const expected = length < 6 ? DeadLetter_Reason.BAD_FRAMING : DeadLetter_Reason.INVALID_PAYLOAD;
      if (decoded.kind === 'ok') expect(toBinary(DeadLetterSchema, decoded.message)).toEqual(cut.subarray(6));
      else expect(decoded.reason).toBe(expected);
    }
  });

  it('refuses to carry a message that is not the topic’s', async () => {
    await expect(codec.encode(topicOf(Topic.PREDICTIONS_STREAM), DeadLetterSchema, message)).rejects.toThrow(
      'carries pde.events.v1.Prediction',
    );
  });
});

describe('the contract’s texts', () => {
  it('stand alone, with the event as their first declaration', async () => {
    for (const one of allTopics()) {
      const text = await contractText(one);
      const declarations = [...text.matchAll(/^(message|enum) (\w+)/gm)].map(([, , name]) => name);
      expect(declarations[0]).toBe(one.message.split('.').at(-1));
      const imports = [...text.matchAll(/^import "([^"]+)"/gm)].map(([, path]) => path);
      expect(imports.every((path) => path?.startsWith('google/protobuf/'))).toBe(true);
    }
  });
});
