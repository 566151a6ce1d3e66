/** What a profile may say and what it may not, by the comments of `customer_profile.proto`. */

import { wrongCustomerIds } from './customer-ids.ts';
import { INT64_MAX, LONG, MAX_AMOUNT, Y1900, Y2200 } from './extremes.ts';
import { consent, goodOf, NOON_SECONDS, obligation } from './good.ts';
import { dead, type Expected, type Making, type Sent, sent, type Way, written } from './sent.ts';
import { bytes, type Field, int, message, set, string, time, turned, without } from './wire.ts';

const TOPIC = 'customer-updates';

type Change = readonly Field[];

const due = (...over: Change) => [obligation('rent-1', 1, over)];
const lacks = (no: number) => [obligation('rent-1', 1, [], [no])];
const consents = (channel: number, recorded?: Field | null) => [
  recorded === undefined ? consent(channel) : consent(channel, recorded),
];

/** By what they say: all are INVALID_VALUE, of both services. */
const INVALID: Readonly<Record<string, Change>> = {
  'version 0': [int(2, 0)],
  'version -1': [int(2, -1)],
  'version 2^53': [int(2, 2n ** 53n)],
  'version of the largest': [int(2, INT64_MAX)],
  'effective_time in 1900': [time(3, Y1900)],
  'effective_time in 2200': [time(3, Y2200)],
  'effective_time of the largest seconds': [time(3, INT64_MAX)],
  'effective_time with nanos below 0': [time(3, NOON_SECONDS, -1)],
  'effective_time with a second of nanos': [time(3, NOON_SECONDS, 1_000_000_000)],
  'time_zone of 129 characters': [string(4, 'x'.repeat(129))],
  'time_zone of 10,000 characters': [string(4, LONG)],
  'time_zone with NUL': [string(4, 'Europe/\0Prague')],
  'time_zone with a line feed': [string(4, 'Europe/Prague\n')],
  'consents.channel UNSPECIFIED': consents(0),
  'consents.channel 4': consents(4),
  'consents.channel -1': consents(-1),
  'consents.recorded_time missing': consents(1, null),
  'consents.recorded_time in 1900': consents(1, time(3, Y1900)),
  'consents.recorded_time in 2200': consents(1, time(3, Y2200)),
  'consents.recorded_time with nanos out of bounds': consents(1, time(3, NOON_SECONDS, -5)),
  'obligations.obligation_id missing': lacks(1),
  'obligations.obligation_id of 129 characters': due(string(1, 'x'.repeat(129))),
  'obligations.obligation_id of 10,000 characters': due(string(1, LONG)),
  'obligations.obligation_id with NUL': due(string(1, 'a\0b')),
  'obligations.obligation_id twice': [obligation('rent-1', 1), obligation('rent-1', 4)],
  'obligations.kind missing': lacks(2),
  'obligations.kind 7': due(int(2, 7)),
  'obligations.kind -1': due(int(2, -1)),
  'obligations.amount_minor missing': lacks(3),
  'obligations.amount_minor below 0': due(int(3, -45_000)),
  'obligations.amount_minor above 10^13': due(int(3, MAX_AMOUNT + 1n)),
  'obligations.first_due_date missing': lacks(4),
  'obligations.first_due_date on February 29 of 2023': due(string(4, '2023-02-29')),
  'obligations.first_due_date in month 13': due(string(4, '2024-13-01')),
  'obligations.first_due_date in words': due(string(4, 'tomorrow')),
  'obligations.first_due_date without zeros': due(string(4, '2024-1-1')),
  'obligations.first_due_date with a time': due(string(4, '2024-01-01T00:00:00Z')),
  'obligations.interval_months 0': due(int(5, 0)),
  'obligations.interval_months 13': due(int(5, 13)),
  'obligations.interval_months -1': due(int(5, -1)),
  'obligations.interval_days 0': [obligation('rent-1', 1, [int(6, 0)], [5])],
  'obligations.interval_days 367': [obligation('rent-1', 1, [int(6, 367)], [5])],
  'obligations.interval_days beside months': due(int(6, 7)),
  'obligations.last_due_date before the first': due(string(7, '2024-01-30')),
  'obligations.last_due_date in words': due(string(7, 'never')),
  'salary_day_of_month 0': [int(8, 0)],
  'salary_day_of_month 32': [int(8, 32)],
  'salary_day_of_month -1': [int(8, -1)],
  'standing 4': [int(9, 4)],
  'standing -1': [int(9, -1)],
  'mode 3': [int(10, 3)],
  'mode -1': [int(10, -1)],
};

const REQUIRED = { version: 2, effective_time: 3, standing: 9, mode: 10 };

/** Unusual, and within every bound. */
const VALID: Readonly<Record<string, Change>> = {
  'version 2^53 - 1': [int(2, 2n ** 53n - 1n)],
  'effective_time at the first moment of 1990': [time(3, 631_152_000)],
  'effective_time at the last second of 2199': [time(3, Y2200 - 1)],
  'a time zone that is nowhere': [string(4, 'Mars/Olympus_Mons')],
  'no time zone': [string(4, '')],
  'both answers through one channel': [consent(2), message(5, [int(1, 2), time(3, NOON_SECONDS)])],
  'an unknown field': [string(500, 'of a newer producer')],
  'a single payment': [obligation('once-1', 6, [], [5])],
  'an obligation every 366 days, on a leap day': [obligation('leap-1', 2, [int(6, 366), string(4, '2024-02-29')], [5])],
  'amount 10^13': due(int(3, MAX_AMOUNT)),
  'the last due date is the first': due(string(7, '2024-01-31')),
};

export const profileWays: readonly Way[] = [
  ...Object.entries(INVALID).map(([name, change]) => one(name, (fields) => set(fields, ...change), invalid)),
  ...Object.entries(REQUIRED).map(([name, no]) => one(`${name} missing`, (fields) => without(fields, no), invalid)),
  one('everything missing', () => [], invalid),
  one('consents that are empty', (fields) => set(fields, bytes(5, Buffer.alloc(0))), invalid),
  ...wrongCustomerIds(TOPIC, 1),
  ...Object.entries(VALID).map(([name, change]) => one(`valid: ${name}`, (fields) => set(fields, ...change), accepted)),
  one('valid: fields in another order', turned, accepted),
];

export const profileSequences: readonly Way[] = [
  {
    name: 'the same version with other content',
    make(o) {
      const good = goodOf(TOPIC, o);
      const say = (change: Change, expected: Expected) => record(o, set(good, ...change), expected);
      const conflict = dead('CONFLICTING_DUPLICATE');
      return [
        say([], accepted(o, good)),
        say([int(9, 2)], conflict),
        say([int(8, 0)], dead('INVALID_VALUE')),
        say([string(4, 'Asia/Tokyo')], conflict),
        say([obligation('rent-1', 1, [int(3, 45_001)])], conflict),
        say([consent(1)], conflict),
        say([], { kind: 'repeat' }),
        say([int(10, 1)], { kind: 'repeat' }),
        say([int(2, 2)], { kind: 'accepted', stored: `${o.customerId} 2` }),
      ];
    },
  },
  {
    name: 'valid: a tombstone',
    make: (o) => [sent(TOPIC, o.customerId, null, { kind: 'accepted', stored: `${o.customerId} stop` })],
  },
];

function invalid(): Expected {
  return dead('INVALID_VALUE');
}

function accepted({ customerId }: Making, fields: readonly Field[]): Expected {
  const version = fields.find(({ no }) => no === 2)!.bytes;
  const number = version.reduceRight((all, byte) => all * 128n + BigInt(byte & 0x7f), 0n);
  return { kind: 'accepted', stored: `${customerId} ${number}` };
}

function one(
  name: string,
  change: (fields: readonly Field[]) => readonly Field[],
  expected: (o: Making, fields: readonly Field[]) => Expected,
): Way {
  return {
    name,
    make(o) {
      const fields = change(goodOf(TOPIC, o));
      return [record(o, fields, expected(o, fields))];
    },
  };
}

function record(o: Making, fields: readonly Field[], expected: Expected): Omit<Sent, 'way'> {
  return sent(TOPIC, o.customerId, written(o, TOPIC, fields), expected);
}
