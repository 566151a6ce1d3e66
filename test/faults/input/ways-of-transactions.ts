/** What a transaction may say and what it may not, by the comments of `transaction.proto`; and what it may not say after another. */
import { wrongCustomerIds } from './customer-ids.ts';
import { BEFORE_1990, INT64_MAX, INT64_MIN, LONG, MAX_AMOUNT, Y1900, Y1990, Y2200 } from './extremes.ts';
import { goodOf, NOON_SECONDS, TRANSACTION_ID } from './good.ts';
import { dead, type Expected, type Making, sent, type Way, written } from './sent.ts';
import {
  double,
  type Field,
  int,
  packed,
  raw,
  set,
  string,
  time,
  turned,
  varint,
  WIRE,
  without,
  zigzag,
} from './wire.ts';

const TOPIC = 'transactions-stream';

type Change = (o: Making) => readonly Field[];

/** By what they say: all are INVALID_VALUE. */
const INVALID: Readonly<Record<string, Change>> = {
  ...badTexts(1, 'transaction_id', { 'a blank within': 'input 1', 'a DEL': 'input\x7f', 'an umlaut': 'ümlaut' }, 128),
  ...badTexts(3, 'account_id', { 'a blank within': 'a b', 'a slash': 'a/b' }, 64),
  'occurred_time in 1900': () => [time(4, Y1900)],
  'occurred_time a second before 1990': () => [time(4, BEFORE_1990)],
  'occurred_time in 2200': () => [time(4, Y2200)],
  'occurred_time in the year 10000': () => [time(4, 253_402_300_800)],
  'occurred_time of the largest seconds': () => [time(4, INT64_MAX)],
  'occurred_time of the smallest seconds': () => [time(4, INT64_MIN)],
  'occurred_time with nanos below 0': () => [time(4, NOON_SECONDS, -1)],
  'occurred_time with a second of nanos': () => [time(4, NOON_SECONDS, 1_000_000_000)],
  'occurred_time two days ahead of the clock, live': ({ nowMs }) => [
    time(4, Math.floor(nowMs / 1000) + 172_800),
    int(21, 1),
  ],
  ...badEnum(5, 'time_precision', 2),
  'time_precision DAY at noon': () => [time(4, NOON_SECONDS), int(5, 1), zigzag(6, 0)],
  'time_precision DAY a nanosecond after midnight': () => [time(4, NOON_SECONDS - 43_200, 1), int(5, 1), zigzag(6, 0)],
  'time_precision DAY at midnight elsewhere': () => [time(4, NOON_SECONDS - 43_200), int(5, 1), zigzag(6, 60)],
  'utc_offset_minutes 841': () => [zigzag(6, 841)],
  'utc_offset_minutes -841': () => [zigzag(6, -841)],
  'utc_offset_minutes of the largest': () => [zigzag(6, 2n ** 31n - 1n)],
  'utc_offset_minutes of the smallest': () => [zigzag(6, -(2n ** 31n))],
  'booking_time in 1900': () => [time(7, Y1900)],
  'booking_time in 2200': () => [time(7, Y2200)],
  'booking_time with nanos out of bounds': () => [time(7, NOON_SECONDS, -999_999_999)],
  ...badEnum(8, 'direction', 2),
  'amount_minor 0': () => [int(9, 0)],
  'amount_minor below 0': ({ random }) => [int(9, -random.int(1, 10_000))],
  'amount_minor above 10^13': () => [int(9, MAX_AMOUNT + 1n)],
  'amount_minor of the largest': () => [int(9, INT64_MAX)],
  'amount_minor of the smallest': () => [int(9, INT64_MIN)],
  ...badTexts(10, 'currency', { 'small letters': 'eur', 'a Cyrillic letter': '\u0415UR', 'a letter too few': 'EU' }, 3),
  ...badEnum(11, 'status', 2),
  'reverses_transaction_id of 129 characters': () => [string(12, 'x'.repeat(129))],
  'reverses_transaction_id of 10,000 characters': () => [string(12, LONG)],
  'reverses_transaction_id with a blank': () => [string(12, 'a b')],
  'reverses_transaction_id with NUL': () => [string(12, 'a\0b')],
  'reverses_transaction_id its own': () => [string(12, TRANSACTION_ID)],
  'channel 7': () => [int(13, 7)],
  'channel -1': () => [int(13, -1)],
  'category 22': () => [int(14, 22)],
  'category -1': () => [int(14, -1)],
  ...freeTexts(15, 'merchant_id'),
  ...freeTexts(16, 'counterparty_id'),
  ...freeTexts(17, 'obligation_id'),
  'balance_after_minor above 10^13': () => [zigzag(18, MAX_AMOUNT + 1n)],
  'balance_after_minor below -10^13': () => [zigzag(18, -MAX_AMOUNT - 1n)],
  'balance_after_minor of the smallest': () => [zigzag(18, INT64_MIN)],
  'declares UNSPECIFIED': () => [packed(20, [1, 0])],
  'declares 7': () => [packed(20, [1, 7, 2])],
  ...badEnum(21, 'mode', 2),
};

/** Fields that must be there. */
const REQUIRED = {
  transaction_id: 1,
  account_id: 3,
  occurred_time: 4,
  time_precision: 5,
  direction: 8,
  amount_minor: 9,
  currency: 10,
  status: 11,
  mode: 21,
};

/** Unusual, and within every bound. */
const VALID: Readonly<Record<string, Change>> = {
  'occurred_time at the first moment of 1990': () => [time(4, Y1990)],
  'occurred_time at the last second of 2199, in a replay': () => [time(4, Y2200 - 1)],
  'occurred_time now, live': ({ nowMs }) => [time(4, Math.floor(nowMs / 1000)), int(21, 1)],
  'time_precision DAY at the midnight of its place': () => [
    time(4, NOON_SECONDS - 43_200 - 3_600),
    int(5, 1),
    zigzag(6, 60),
  ],
  'utc_offset_minutes 840': () => [zigzag(6, 840)],
  'utc_offset_minutes -840': () => [zigzag(6, -840)],
  'amount_minor 1': () => [int(9, 1)],
  'amount_minor 10^13': () => [int(9, MAX_AMOUNT)],
  'balance_after_minor 10^13': () => [zigzag(18, MAX_AMOUNT)],
  'balance_after_minor -10^13': () => [zigzag(18, -MAX_AMOUNT)],
  'channel UNSPECIFIED': () => [int(13, 0)],
  'category UNSPECIFIED': () => [int(14, 0)],
  'merchant_id of 128 characters beyond 16 bits': () => [string(15, '\u{1f3e6}'.repeat(128))],
  'merchant_id from right to left, with a line separator': () => [string(15, '\u05d1\u05e0\u05e7\u2028\u202e"\'\\{},')],
  'declares one by one': () => [int(20, 1), int(20, 6)],
  'unknown fields of every wire type': () => [
    int(500, 7),
    double(501, Number.NaN),
    string(502, 'of a newer producer'),
    raw(503, WIRE.fixed32, Buffer.from([1, 2, 3, 4])),
    raw(504, WIRE.group, Buffer.concat([varint(8), varint(1), varint(504 * 8 + 4)])),
  ],
};

export const transactionWays: readonly Way[] = [
  ...Object.entries(INVALID).map(([name, change]) => changed(name, change, () => dead('INVALID_VALUE'))),
  ...Object.entries(REQUIRED).map(([name, no]) => lacking(`${name} missing`, [no])),
  lacking(
    'everything missing',
    Array.from({ length: 21 }, (_, i) => i + 1),
  ),
  ...wrongCustomerIds(TOPIC, 2, {
    'with a control character': 'input\x07a',
    'with an umlaut': 'input-ü',
    'with a slash': 'input/a',
  }),
  ...Object.entries(VALID).map(([name, change]) =>
    changed(`valid: ${name}`, change, ({ customerId }) => accepted(customerId)),
  ),
  valid('fields in another order', turned),
  valid('a field twice, of which the last counts', (fields) => [int(9, -5), ...fields]),
  valid('cut off behind what must be there', (fields) => without(fields, 6, 7, 12, 13, 14, 15, 16, 17, 18, 19, 20)),
  valid('message index [0] in full', (fields) => fields, Buffer.from([2, 0])),
  valid('of exactly 1 MiB', (fields) => {
    const room = 1_048_576 - 6 - fields.reduce((sum, { no, bytes }) => sum + bytes.length + (no < 16 ? 1 : 2), 0);
    return [...fields, raw(500, WIRE.length, Buffer.concat([varint(room - 5), Buffer.alloc(room - 5)]))];
  }),
  ...odd('transaction_id', ['{},"\'\\', 'NULL', '!', 'x'.repeat(128), '$1::text', '%00', '../..']),
];

/** `name` of a field with text, empty for what must be there is another way. */
function badTexts(
  no: number,
  name: string,
  more: Readonly<Record<string, string>>,
  most: number,
): Record<string, Change> {
  const all = {
    'NUL within': 'A\0B',
    'a character too many': 'X'.repeat(most + 1),
    '10,000 characters': 'X'.repeat(10_000),
    ...more,
  };
  return Object.fromEntries(
    Object.entries(all).map(([what, text]) => [`${name} with ${what}`, () => [string(no, text)]]),
  );
}

function freeTexts(no: number, name: string): Record<string, Change> {
  const more = { 'a line feed': 'a\nb', 'a control character of Latin-1': 'a\u0085b' };
  return badTexts(no, name, more, 128);
}

function badEnum(no: number, name: string, last: number): Record<string, Change> {
  const numbers = [last + 1, 99, -1, 2 ** 31 - 1];
  return Object.fromEntries(numbers.map((number) => [`${name} ${number}`, () => [int(no, number)]]));
}

/** The ledger has a row of it. */
export function accepted(customerId: string, transactionId = TRANSACTION_ID): Expected {
  return { kind: 'accepted', stored: `${customerId} ${transactionId}` };
}

function changed(name: string, change: Change, expected: (o: Making) => Expected): Way {
  return {
    name,
    make: (o) => [sent(TOPIC, o.customerId, written(o, TOPIC, set(goodOf(TOPIC, o), ...change(o))), expected(o))],
  };
}

function lacking(name: string, numbers: readonly number[]): Way {
  return {
    name,
    make: (o) => [
      sent(TOPIC, o.customerId, written(o, TOPIC, without(goodOf(TOPIC, o), ...numbers)), dead('INVALID_VALUE')),
    ],
  };
}

function valid(name: string, change: (fields: readonly Field[]) => readonly Field[], indexes?: Buffer): Way {
  const make = (o: Making) => {
    const value = written(o, TOPIC, change(goodOf(TOPIC, o)));
    const whole = indexes === undefined ? value : Buffer.concat([value.subarray(0, 5), indexes, value.subarray(6)]);
    return [sent(TOPIC, o.customerId, whole, accepted(o.customerId))];
  };
  return { name: `valid: ${name}`, heavy: name.includes('MiB'), make };
}

function odd(name: string, ids: readonly string[]): Way[] {
  return ids.map((id) => ({
    name: `valid: ${name} ${id.slice(0, 10)}`,
    make: (o) => [
      sent(TOPIC, o.customerId, written(o, TOPIC, set(goodOf(TOPIC, o), string(1, id))), accepted(o.customerId, id)),
    ],
  }));
}
