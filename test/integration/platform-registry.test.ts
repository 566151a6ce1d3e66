import { randomBytes } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, it } from 'vitest';
import { DeadLetter_Reason, DeadLetterSchema } from '../../gen/pde/events/v1/dead_letter_pb.ts';
import { Topic } from '../../gen/pde/topics/v1/topics_pb.ts';
import { createEventCodec } from '../../services/platform/registry/codec.ts';
import { contractText } from '../../services/platform/registry/contract-text.ts';
import { encodeHeader, frame } from '../../services/platform/registry/framing.ts';
import { registerAll, verifyAll } from '../../services/platform/registry/register-all.ts';
import {
  createRegistry,
  IncompatibleSchemaError,
  type Registry,
  RegistryUnavailableError,
} from '../../services/platform/registry/registry.ts';
import { allTopics, topicOf } from '../../services/platform/topics/topics.ts';
import { testStack } from '../support/stack.ts';

const COMPATIBILITY = 'BACKWARD_TRANSITIVE';
const deadLetters = topicOf(Topic.DEAD_LETTERS);
let registry: Registry;
beforeAll(async () => {
  registry = createRegistry({ url: testStack().registry.url });
  await registerAll(registry, allTopics());
});

const subject = () => `test-${randomBytes(6).toString('hex')}-value`;
const proto = (...fields: string[]) =>
  `syntax = "proto3";\npackage test.v1;\nmessage Event {\n  ${fields.join('\n  ')}\n}\n`;

describe('the registry', () => {
  it('equals the contract after registering, which may be repeated', async () => {
    const first = await registerAll(registry, allTopics());
    expect(await registerAll(registry, allTopics())).toEqual(first);
    expect(await verifyAll(registry, allTopics())).toEqual([]);
    expect(await registry.subjects()).toEqual(expect.arrayContaining(allTopics().map(({ name }) => `${name}-value`)));
  });

  it('names the subjects that are missing or hold another text', async () => {
    const missing = { ...deadLetters, name: `test-${randomBytes(6).toString('hex')}` };
    expect(await verifyAll(registry, [missing])).toEqual([`${missing.name}-value is not registered`]);
    await registry.register(`${missing.name}-value`, proto('string a = 1;'), COMPATIBILITY);
    expect(await verifyAll(registry, [missing])).toEqual([
      `${missing.name}-value has no version with the contract's text`,
    ]);
  });

  it.each([
    ['a changed type', 'int64 a = 1;', 'string b = 2;'],
    ['a reused number', 'string a = 1;', 'string c = 2;'],
    ['a plain removal', 'string a = 1;'],
  ])('refuses an incompatible schema: %s', async (_, ...fields) => {
    const name = subject();
    await registry.register(name, proto('string a = 1;', 'string b = 2;'), COMPATIBILITY);
    await expect(registry.register(name, proto(...fields), COMPATIBILITY)).rejects.toThrow(IncompatibleSchemaError);
  });

  it('accepts an added field, and a removed one that is reserved', async () => {
    const name = subject();
    const ids = [
      await registry.register(name, proto('string a = 1;', 'string b = 2;'), COMPATIBILITY),
      await registry.register(name, proto('string a = 1;', 'string b = 2;', 'string c = 3;'), COMPATIBILITY),
      await registry.register(
        name,
        proto('string a = 1;', 'reserved 2; reserved "b";', 'string c = 3;'),
        COMPATIBILITY,
      ),
    ];
    expect(new Set(ids).size).toBe(3);
  });

  it('refuses a text that is no valid schema', async () => {
    await expect(registry.register(subject(), 'nonsense', COMPATIBILITY)).rejects.toThrow(IncompatibleSchemaError);
    const unresolved = registry.register(subject(), proto('Missing a = 1;'), COMPATIBILITY);
    await expect(unresolved).rejects.toThrow(IncompatibleSchemaError);
  });

  it('answers null for an id or a text that it does not have', async () => {
    expect(await registry.textOf(1_999_999_999)).toBeNull();
    expect(await registry.lookUp('dead-letters-value', proto('string a = 1;'))).toBeNull();
    expect(await registry.lookUp('test-no-such-value', proto('string a = 1;'))).toBeNull();
  });

  it('gives back the text of an id', async () => {
    const text = await contractText(deadLetters);
    const id = await registry.lookUp('dead-letters-value', text);
    expect(await registry.textOf(id ?? -1)).toBe(text);
  });
});

describe('an event codec on the real registry', () => {
  const message = create(DeadLetterSchema, { deadLetterId: 'x', service: 'features', offset: 7n });

  it('decodes what it encoded, and what a later version of the subject wrote', async () => {
    const codec = createEventCodec({ registry });
    const encoded = await codec.encode(deadLetters, DeadLetterSchema, message);
    expect(await codec.decode(deadLetters, DeadLetterSchema, encoded)).toEqual({ kind: 'ok', message });
    const later = (await contractText(deadLetters)).replace(
      '  // Why a record',
      '  string added = 99;\n  // Why a record',
    );
    const id = await registry.register('dead-letters-value', later, COMPATIBILITY);
    const fromLater = frame(encodeHeader(id, [0]), encoded.subarray(6));
    expect(await codec.decode(deadLetters, DeadLetterSchema, fromLater)).toEqual({ kind: 'ok', message });
  });

  it('tells an unknown id from one of another subject', async () => {
    const codec = createEventCodec({ registry });
    const foreign = await registry.register(
      subject(),
      proto('string a = 1;', 'string unlike_any_other = 9;'),
      COMPATIBILITY,
    );
    const reasonOf = async (id: number) =>
      await codec.decode(deadLetters, DeadLetterSchema, frame(encodeHeader(id, [0]), new Uint8Array()));
    expect(await reasonOf(1_999_999_999)).toMatchObject({ reason: DeadLetter_Reason.UNKNOWN_SCHEMA_ID });
    expect(await reasonOf(foreign)).toMatchObject({ reason: DeadLetter_Reason.WRONG_SCHEMA });
  });

  it('blames no record while the registry is away', async () => {
    const codec = createEventCodec({ registry: createRegistry({ url: 'http://127.0.0.1:1' }) });
    const bytes = frame(encodeHeader(1, [0]), new Uint8Array());
    await expect(codec.decode(deadLetters, DeadLetterSchema, bytes)).rejects.toThrow(RegistryUnavailableError);
    await expect(codec.encode(deadLetters, DeadLetterSchema, message)).rejects.toThrow(RegistryUnavailableError);
  });

  it('blames no record while the registry does not hold the contract', async () => {
    const strange = { ...deadLetters, name: `test-${randomBytes(6).toString('hex')}` };
    const codec = createEventCodec({ registry });
    const bytes = frame(encodeHeader(1_999_999_999, [0]), new Uint8Array());
    await expect(codec.decode(strange, DeadLetterSchema, bytes)).rejects.toThrow(RegistryUnavailableError);
  });
});
