/** Ways to be wrong that every topic has: framing, schema ids, wire format, text, size, key and partition, and what is cut off. */
import { CONTENT, goodOf, UNPACKED } from './good.ts';
import {
  dead,
  type Expected,
  type Making,
  PARTITIONS,
  partitionOf,
  type Sent,
  sent,
  type TopicName,
  type Way,
  written,
} from './sent.ts';
import { bytes, encode, type Field, framed, raw, set, string, varint, WIRE } from './wire.ts';

const MIB = 1_048_576;
const HEADER_BYTES = 6;

/** Numbers of the fields that hold text, by topic. */
const TEXTS: Readonly<Record<TopicName, readonly number[]>> = {
  'transactions-stream': [1, 2, 3, 10, 12, 15, 16, 17],
  'customer-updates': [1, 4],
  'predictions-stream': [1, 2, 4, 8, 18, 19, 20, 21, 27],
};

export function waysOfBytes(topic: TopicName): Way[] {
  return [
    ...framing(topic),
    ...schemas(topic),
    ...wireTypes(topic),
    ...malformed(topic),
    ...texts(topic),
    ...placing(topic),
    ...sizes(topic),
  ];
}

/** What a value of the good record's customer becomes. */
function wayOf(
  name: string,
  topic: TopicName,
  value: (o: Making) => Buffer | null,
  reason: Parameters<typeof dead>[0],
) {
  const make = (o: Making) => [sent(topic, o.customerId, value(o), dead(reason))];
  return { name, make } satisfies Way;
}

/** A compacted topic takes no record without a key. */
function keyless(topic: TopicName, reason: Parameters<typeof dead>[0]): Expected {
  return topic === 'customer-updates' ? { kind: 'refused by the broker' } : dead(reason);
}

const payload = (o: Making, topic: TopicName) => encode(goodOf(topic, o));

function framing(topic: TopicName): Way[] {
  const bad = (name: string, value: (o: Making) => Buffer) => wayOf(`framing: ${name}`, topic, value, 'BAD_FRAMING');
  const headed = (indexes: readonly number[]) => (o: Making) =>
    framed(o.schemas.own[topic], payload(o, topic), indexes);
  const whole = headed([0]);
  return [
    bad('no bytes', () => Buffer.alloc(0)),
    bad('only a part of the header', (o) => whole(o).subarray(0, o.random.int(1, 5))),
    bad('no header', (o) => payload(o, topic)),
    bad('another magic byte', (o) => Buffer.concat([Buffer.from([o.random.int(1, 255)]), whole(o).subarray(1)])),
    bad('a line of JSON', (o) => Buffer.from(JSON.stringify({ customer_id: o.customerId, amount: 1 }))),
    bad('gzip', (o) => Buffer.concat([Buffer.from([0x1f, 0x8b, 8]), o.random.bytes(40)])),
    bad('a count of message indexes below 0', headed([1])),
    bad('a count of message indexes that never ends', headed([0x80, 0x80, 0x80, 0x80, 0x80, 0x80])),
    bad('a count of message indexes that is cut off', (o) => framed(o.schemas.own[topic], Buffer.alloc(0), [0x80])),
    bad('more message indexes than any file has', headed([0x82, 0x02])),
    bad('a message index below 0', headed([2, 1])),
    bad('message indexes that are cut off', (o) => framed(o.schemas.own[topic], Buffer.alloc(0), [4, 0])),
  ];
}

function schemas(topic: TopicName): Way[] {
  const withId = (id: (o: Making) => number, indexes?: readonly number[]) => (o: Making) =>
    framed(id(o), payload(o, topic), indexes);
  const unknown = (name: string, id: (o: Making) => number) =>
    wayOf(`schema: ${name}`, topic, withId(id), 'UNKNOWN_SCHEMA_ID');
  const foreign = (name: string, value: (o: Making) => Buffer) =>
    wayOf(`schema: ${name}`, topic, value, 'WRONG_SCHEMA');
  const others = (Object.keys(PARTITIONS) as TopicName[]).filter((other) => other !== topic);
  const own = (o: Making) => o.schemas.own[topic];
  return [
    unknown('an id that nobody registered', (o) => o.random.int(900_000, 2_000_000_000)),
    unknown('id 0', () => 0),
    unknown('an id below 0', (o) => -o.random.int(1, 2_000_000_000)),
    unknown('the smallest id', () => -(2 ** 31)),
    unknown('the largest id', () => 2 ** 31 - 1),
    ...others.map((other) =>
      foreign(
        `the id of ${other}`,
        withId((o) => o.schemas.own[other]),
      ),
    ),
    foreign(
      'an id of a feed that is not ours',
      withId((o) => o.random.pick(o.schemas.foreign)),
    ),
    foreign('the second message of the file', withId(own, [2, 2])),
    foreign('a message within the first', withId(own, [4, 0, 0])),
    foreign('a message far behind', withId(own, [2, ...varint(2 * 1_000)])),
  ];
}

function wireTypes(topic: TopicName): Way[] {
  const fields = new Map(goodOf(topic, sample).map((field) => [field.no, field.wire]));
  return [...fields].flatMap(([no, own]) =>
    Object.entries(CONTENT)
      .map(([wire, content]) => raw(no, Number(wire), content))
      .filter(({ wire }) => wire !== own && wire !== UNPACKED[topic].get(no))
      .map((field) =>
        wayOf(`wire type: field ${no} as ${field.wire}`, topic, replaced(topic, field), 'INVALID_PAYLOAD'),
      ),
  );
}

function replaced(topic: TopicName, field: Field) {
  return (o: Making) => written(o, topic, set(goodOf(topic, o), field));
}

function malformed(topic: TopicName): Way[] {
  const bad = (name: string, tail: (o: Making) => Uint8Array, heavy = false): Way => ({
    ...wayOf(
      `malformed: ${name}`,
      topic,
      (o) => framed(o.schemas.own[topic], Buffer.concat([payload(o, topic), tail(o)])),
      'INVALID_PAYLOAD',
    ),
    heavy,
  });
  const group = [...varint(500 * 8 + WIRE.group)];
  const timeField = { 'transactions-stream': 4, 'customer-updates': 3, 'predictions-stream': 5 }[topic];
  return [
    bad('a field of number 0', () => Buffer.from([0, 1])),
    bad('a field of wire type 6', (o) => varint(o.random.int(30, 900) * 8 + 6)),
    bad('a field of wire type 7, then noise', (o) => Buffer.from([0x0f, ...o.random.bytes(o.random.int(1, 200))])),
    bad('an end of a group that has not begun', () => varint(500 * 8 + 4)),
    bad('a group without an end', () => Buffer.from([...group, 8, 1])),
    bad('a group that ends as another', () => Buffer.from([...group, ...varint(501 * 8 + 4)])),
    bad(
      'groups within groups, half a million deep',
      () => Buffer.concat(Array(250_000).fill(Buffer.from(group))),
      true,
    ),
    bad('a varint of eleven bytes', () => Buffer.from([...varint(500 * 8), ...Array(10).fill(0xff), 1])),
    bad('a varint of 65 bits', () => Buffer.from([...varint(500 * 8), ...Array(9).fill(0xff), 2])),
    bad('a length that goes beyond the end', (o) =>
      Buffer.from([...varint(500 * 8 + 2), ...varint(o.random.int(3, 9_999)), 0]),
    ),
    bad('a length of 4 GiB', () => Buffer.from([...varint(500 * 8 + 2), ...varint(2n ** 32n - 1n)])),
    bad('a length below 0', () => Buffer.from([...varint(500 * 8 + 2), ...varint(-1)])),
    bad('a tag of more than 32 bits', () => Buffer.from([...varint(2n ** 35n), 1])),
    bad('a nested message that reads beyond its end', () => Buffer.from([timeField * 8 + 2, 1, 8, 5])),
    bad('a nested message that is cut off', () => Buffer.from([timeField * 8 + 2, 1, 8])),
  ];
}

const NOT_UTF8: Readonly<Record<string, readonly number[]>> = {
  'bytes that no text has': [0xff, 0xfe],
  'a lone surrogate': [0x61, 0xed, 0xa0, 0x80],
  'NUL in two bytes': [0xc0, 0x80],
  'a character that is cut off': [0x61, 0xe2, 0x82],
};

function texts(topic: TopicName): Way[] {
  return TEXTS[topic].flatMap((no) =>
    Object.entries(NOT_UTF8).map(([what, content]) =>
      wayOf(
        `not UTF-8: field ${no} with ${what}`,
        topic,
        replaced(topic, bytes(no, Buffer.from(content))),
        'INVALID_PAYLOAD',
      ),
    ),
  );
}

function placing(topic: TopicName): Way[] {
  const value = (o: Making) => written(o, topic, goodOf(topic, o));
  const keyed = (name: string, key: (o: Making) => Buffer | null): Way => ({
    name: `key: ${name}`,
    make: (o) => [sent(topic, o.customerId, value(o), dead('WRONG_KEY'), { key: key(o) })],
  });
  const ways: Way[] = [
    {
      name: 'key: none',
      make: (o) => [sent(topic, o.customerId, value(o), keyless(topic, 'WRONG_KEY'), { key: null })],
    },
    keyed('empty', () => Buffer.alloc(0)),
    keyed("another customer's", (o) => Buffer.from(`${o.customerId}-other`)),
    keyed('with a blank behind', (o) => Buffer.from(`${o.customerId} `)),
    keyed('in capitals', (o) => Buffer.from(o.customerId.toUpperCase())),
    keyed('in UTF-16', (o) => Buffer.from(o.customerId, 'utf16le')),
    keyed('of 10,000 characters', () => Buffer.alloc(10_000, 'k')),
    { name: 'partition: another than the key’s', make: (o) => [elsewhere(topic, o, value(o))] },
  ];
  if (topic === 'customer-updates') return [...ways, ...tombstones(topic)];
  return [
    ...ways,
    wayOf('no value', topic, () => null, 'NO_VALUE'),
    { name: 'no value and no key', make: (o) => [sent(topic, o.customerId, null, dead('NO_VALUE'), { key: null })] },
  ];
}

function elsewhere(topic: TopicName, o: Making, value: Buffer | null): Omit<Sent, 'way'> {
  const partition = (partitionOf(topic, Buffer.from(o.customerId)) + 1) % PARTITIONS[topic];
  return sent(topic, o.customerId, value, dead('WRONG_PARTITION'), { partition });
}

function tombstones(topic: TopicName): Way[] {
  const keyed = (name: string, key: (o: Making) => Buffer | null): Way => ({
    name: `tombstone: ${name}`,
    make: (o) => [sent(topic, o.customerId, null, dead('WRONG_KEY'), { key: key(o) })],
  });
  return [
    {
      name: 'tombstone: without a key',
      make: (o) => [sent(topic, o.customerId, null, keyless(topic, 'WRONG_KEY'), { key: null })],
    },
    keyed('for a key that is no customer_id', () => Buffer.from('no customer')),
    keyed('for a key that is not UTF-8', () => Buffer.from([0xff, 0xfe])),
    keyed('for a key with NUL', (o) => Buffer.from(`${o.customerId}\0`)),
    { name: 'tombstone: on another partition', make: (o) => [elsewhere(topic, o, null)] },
  ];
}

/** transactions-stream takes records of 2 MiB, so that those over 1 MiB can be told of; elsewhere the broker refuses them. */
function sizes(topic: TopicName): Way[] {
  const padded = (o: Making, length: number) => {
    const value = written(o, topic, goodOf(topic, o));
    const room = length - value.length;
    // An unknown field: its tag of two bytes, its length of three, and as much as is left.
    return Buffer.concat([value, varint(500 * 8 + WIRE.length), varint(room - 5), Buffer.alloc(room - 5, 7)]);
  };
  const tooLarge = (name: string, length: number, expected: Sent['expected']): Way => ({
    name: `size: ${name}`,
    heavy: true,
    make: (o) => [sent(topic, o.customerId, padded(o, length), expected)],
  });
  const longText = { 'transactions-stream': 15, 'customer-updates': 4, 'predictions-stream': 19 }[topic];
  const long: Way = {
    ...wayOf(
      'size: a text of 1,000,000 characters',
      topic,
      replaced(topic, string(longText, 'x'.repeat(1_000_000))),
      'INVALID_VALUE',
    ),
    heavy: true,
  };
  const refused: Sent['expected'] = { kind: 'refused by the broker' };
  if (topic !== 'transactions-stream') return [long, tooLarge('1 MiB', MIB, refused)];
  return [
    long,
    tooLarge('1 MiB and a byte', MIB + 1, dead('TOO_LARGE')),
    tooLarge('1.9 MiB', Math.floor(1.9 * MIB), dead('TOO_LARGE')),
    tooLarge('2 MiB', 2 * MIB, refused),
  ];
}

/**
 * A good record, cut off at every byte. Every topic's last field is one that must be there, so what ends between two fields lacks
 * something, and what ends within one cannot be decoded.
 */
export function truncations(topic: TopicName, o: Making): Omit<Sent, 'way'>[] {
  const fields = goodOf(topic, o);
  const ends = new Set([0]);
  fields.forEach((_, i) => {
    ends.add(encode(fields.slice(0, i + 1)).length);
  });
  const whole = written(o, topic, fields);
  return Array.from({ length: whole.length }, (_, length) => {
    const between = ends.has(length - HEADER_BYTES) ? dead('INVALID_VALUE') : dead('INVALID_PAYLOAD');
    const expected = length < HEADER_BYTES ? dead('BAD_FRAMING') : between;
    return sent(topic, o.customerId, whole.subarray(0, length), expected);
  });
}

/** Good records differ in content, not in their fields: one of them tells which there are. */
const sample: Making = {
  customerId: 'sample',
  nowMs: 0,
  schemas: { own: { 'transactions-stream': 1, 'customer-updates': 1, 'predictions-stream': 1 }, foreign: [], next: [] },
  random: {
    next: () => 0,
    int: (min) => min,
    pick: (values) => values[0]!,
    bytes: (length) => Buffer.alloc(length),
  },
};
