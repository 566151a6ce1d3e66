/** A good record of each topic, with every field that its contract has, in the order of their numbers. */
import { createHash } from 'node:crypto';
import type { Making, TopicName } from './sent.ts';
import {
  double,
  doubles,
  type Field,
  int,
  message,
  packed,
  packedDoubles,
  set,
  string,
  time,
  varint,
  WIRE,
  without,
  zigzag,
} from './wire.ts';

const DAY_SECONDS = 86_400;
/** 2024-03-01T12:00:00Z. */
export const NOON_SECONDS = 1_709_294_400;

/** Fields of the good record of a topic. */
export function goodOf(topic: TopicName, o: Making): Field[] {
  if (topic === 'transactions-stream') return transaction(o);
  return topic === 'customer-updates' ? profile(o) : prediction(o);
}

/** Identity of the good transaction within its customer. */
export const TRANSACTION_ID = 'input-1';

export function transaction({ customerId, random }: Making): Field[] {
  const seconds = NOON_SECONDS + random.int(0, 200) * DAY_SECONDS;
  return [
    string(1, TRANSACTION_ID),
    string(2, customerId),
    string(3, `account-${random.int(1, 9)}`),
    time(4, seconds, random.int(1, 999) * 1_000_000),
    int(5, 2),
    zigzag(6, random.pick([-60, 0, 60])),
    time(7, seconds + 3_600),
    int(8, 2),
    int(9, random.int(1, 900_000)),
    string(10, 'EUR'),
    int(11, 1),
    string(12, 'input-0'),
    int(13, random.int(1, 6)),
    int(14, random.int(1, 21)),
    string(15, `merchant-${random.int(1, 99)}`),
    string(16, `payee-${random.int(1, 99)}`),
    string(17, 'obligation-1'),
    zigzag(18, random.int(-90_000, 90_000)),
    int(19, 1),
    packed(20, [1, 2, 6]),
    int(21, 2),
  ];
}

export function profile({ customerId, random }: Making): Field[] {
  return [
    string(1, customerId),
    int(2, 1),
    time(3, NOON_SECONDS - random.int(1, 300) * DAY_SECONDS),
    string(4, random.pick(['Europe/Prague', 'Europe/Lisbon', 'UTC'])),
    consent(1),
    consent(3),
    obligation('rent-1', 1),
    obligation('loan-1', 4),
    int(7, 1),
    int(8, random.int(1, 31)),
    int(9, 1),
    int(10, 2),
  ];
}

export function consent(channel: number, recorded: Field | null = time(3, NOON_SECONDS - DAY_SECONDS)): Field {
  return message(5, [int(1, channel), int(2, 1), ...(recorded === null ? [] : [recorded])]);
}

export function obligation(
  id: string,
  kind: number,
  over: readonly Field[] = [],
  dropped: readonly number[] = [],
): Field {
  const fields = [string(1, id), int(2, kind), int(3, 45_000), string(4, '2024-01-31'), int(5, 1)];
  return message(6, without(set(fields, ...over), ...dropped));
}

const VALUES = [0.5, Number.NaN, -3, 12.25];

/** Good in every bound, but of no transaction: it must never be sent as it is. */
export function prediction({ customerId, random }: Making): Field[] {
  const hex = (length: number) => random.bytes(length).toString('hex');
  const id = [4, 2, 2, 2, 6].map(hex).join('-');
  return [
    string(1, id),
    string(2, customerId),
    int(3, 1),
    string(4, TRANSACTION_ID),
    time(5, NOON_SECONDS),
    int(6, random.int(1, 500)),
    int(7, random.int(1, 3)),
    string(8, '2'),
    packedDoubles(9, VALUES),
    packedDoubles(10, [0.4, 0.2, -0.1, 0]),
    double(11, -3),
    double(12, -2.5),
    double(13, 0.0759),
    int(14, 45),
    double(15, 0.425),
    int(16, 2),
    int(17, 1),
    string(18, 'synthetic'),
    string(19, '2'),
    string(20, hex(32)),
    string(21, '1'),
    double(22, 0.1),
    message(23, [string(1, 'salary_delay_days'), double(2, 0.5), double(3, 0.4)]),
    int(24, VALUES.length - 1),
    int(25, VALUES.length),
    int(26, 2),
    string(27, createHash('sha256').update(doubles(VALUES)).digest('hex')),
  ];
}

/** Where a field of numbers may come one by one too, besides packed. */
export const UNPACKED: Readonly<Record<TopicName, ReadonlyMap<number, number>>> = {
  'transactions-stream': new Map([[20, WIRE.varint]]),
  'customer-updates': new Map(),
  'predictions-stream': new Map([
    [9, WIRE.fixed64],
    [10, WIRE.fixed64],
  ]),
};

/** Content of a field by wire type, for what sends it as another. */
export const CONTENT: Readonly<Record<number, Buffer>> = {
  [WIRE.varint]: varint(1),
  [WIRE.fixed64]: Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]),
  [WIRE.length]: Buffer.from([2, 0x61, 0x62]),
  [WIRE.fixed32]: Buffer.from([1, 2, 3, 4]),
};
