/** What a prediction may say and what it may not, by the comments of `prediction.proto`; and what may not be said of one again. */

import { wrongCustomerIds } from './customer-ids.ts';
import { LONG, Y1900, Y2200 } from './extremes.ts';
import { goodOf, NOON_SECONDS } from './good.ts';
import { dead, type Expected, type Making, partitionOf, type Sent, sent, type Way, written } from './sent.ts';
import {
  double,
  encode,
  type Field,
  framed,
  int,
  message,
  packedDoubles,
  parse,
  set,
  string,
  time,
  turned,
  without,
} from './wire.ts';

const TOPIC = 'predictions-stream';
const INFINITIES = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const VECTOR = [0.5, Number.NaN, -3, 12.25];

type Change = readonly Field[];

const top = (...over: Change) => [
  message(23, set([string(1, 'salary_delay_days'), double(2, 0.5), double(3, 0.4)], ...over)),
];

/** By what they say: all are INVALID_VALUE. */
const INVALID: Readonly<Record<string, Change>> = {
  'prediction_id that is no UUID': [string(1, 'p1')],
  'prediction_id in capitals': [string(1, 'ABCDEF01-2345-5678-9ABC-DEF012345678')],
  'prediction_id of 10,000 characters': [string(1, LONG)],
  'prediction_id with NUL': [string(1, 'abcdef01-2345-5678-9abc-def01234567\0')],
  'origin 3': [int(3, 3)],
  'origin -1': [int(3, -1)],
  'origin REQUEST of a transaction': [int(3, 2)],
  'transaction_id with a blank': [string(4, 'a b')],
  'transaction_id of 10,000 characters': [string(4, LONG)],
  'observation_time in 1900': [time(5, Y1900)],
  'observation_time in 2200': [time(5, Y2200)],
  'observation_time with nanos below 0': [time(5, NOON_SECONDS, -1)],
  'observation_time with a second of nanos': [time(5, NOON_SECONDS, 1_000_000_000)],
  'ledger_position 0': [int(6, 0)],
  'ledger_position -1': [int(6, -1)],
  'profile_version -1': [int(7, -1)],
  'feature_set_version of 10,000 characters': [string(8, LONG)],
  'features too few': [packedDoubles(9, VECTOR.slice(1))],
  'features too many': [packedDoubles(9, [...VECTOR, 1])],
  'features of another vector': [packedDoubles(9, [0.25, ...VECTOR.slice(1)])],
  ...numbers('features', (value) => [packedDoubles(9, [...VECTOR.slice(0, 3), value])], INFINITIES),
  'contributions too few': [packedDoubles(10, [0.4])],
  ...numbers('contributions', (value) => [packedDoubles(10, [0.4, 0.2, -0.1, value])], [...INFINITIES, Number.NaN]),
  ...numbers('base_value', (value) => [double(11, value)], [...INFINITIES, Number.NaN]),
  ...numbers('margin', (value) => [double(12, value)], [...INFINITIES, Number.NaN]),
  ...numbers('probability', (value) => [double(13, value)], [...INFINITIES, Number.NaN, -0.01, 1.01]),
  'horizon_days 0': [int(14, 0)],
  'horizon_days -45': [int(14, -45)],
  'horizon_days 367': [int(14, 367)],
  ...numbers('risk_score', (value) => [double(15, value)], [...INFINITIES, Number.NaN, -0.01, 1.01]),
  'risk_level below its score': [int(16, 1)],
  'risk_level above its score': [int(16, 4)],
  'risk_level 5': [int(16, 5)],
  'risk_level -1': [int(16, -1)],
  'eligibility 8': [int(17, 8)],
  'eligibility -1': [int(17, -1)],
  'model_name with NUL': [string(18, 'a\0b')],
  'model_version of 10,000 characters': [string(19, LONG)],
  'model_version with a line feed': [string(19, '2\n')],
  'model_sha256 that is too short': [string(20, 'abcd')],
  'model_sha256 in capitals': [string(20, 'AB'.repeat(32))],
  'scoring_policy_version of 129 characters': [string(21, 'x'.repeat(129))],
  ...numbers('action_probability', (value) => [double(22, value)], [...INFINITIES, Number.NaN, 0, 1]),
  'top_features.name missing': [message(23, [double(2, 0.5), double(3, 0.4)])],
  'top_features.name of 10,000 characters': top(string(1, LONG)),
  'top_features.name with NUL': top(string(1, 'a\0b')),
  ...numbers('top_features.value', (value) => top(double(2, value)), INFINITIES),
  ...numbers('top_features.contribution', (value) => top(double(3, value)), [...INFINITIES, Number.NaN, 0, -0.4]),
  'top_features of four': [...top(), ...top(), ...top(), ...top()],
  'features_known above features_total': [int(24, 5)],
  'features_known below 0': [int(24, -1)],
  'features_known of another number': [int(24, 2)],
  'features_total 0': [int(25, 0)],
  'features_total of another number': [int(25, 9)],
  'mode 3': [int(26, 3)],
  'mode -1': [int(26, -1)],
  'vector_sha256 of another vector': [string(27, 'ab'.repeat(32))],
};

const REQUIRED = {
  prediction_id: 1,
  origin: 3,
  transaction_id: 4,
  observation_time: 5,
  ledger_position: 6,
  feature_set_version: 8,
  features: 9,
  contributions: 10,
  horizon_days: 14,
  risk_level: 16,
  eligibility: 17,
  model_name: 18,
  model_version: 19,
  model_sha256: 20,
  scoring_policy_version: 21,
  action_probability: 22,
  features_total: 25,
  mode: 26,
  vector_sha256: 27,
};

export const predictionWays: readonly Way[] = [
  ...Object.entries(INVALID).map(([name, change]) => one(name, (fields) => set(fields, ...change))),
  ...Object.entries(REQUIRED).map(([name, no]) => one(`${name} missing`, (fields) => without(fields, no))),
  one('everything missing', () => []),
  ...wrongCustomerIds(TOPIC, 2),
];

function numbers(field: string, change: (value: number) => Change, values: readonly number[]): Record<string, Change> {
  return Object.fromEntries(values.map((value) => [`${field} ${value}`, change(value)]));
}

function one(name: string, change: (fields: readonly Field[]) => readonly Field[]): Way {
  const make = (o: Making) => [
    sent(TOPIC, o.customerId, written(o, TOPIC, change(goodOf(TOPIC, o))), dead('INVALID_VALUE')),
  ];
  return { name, make };
}

/** A record of the good traffic, as it lies in its log. */
export interface Seen {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** What is said again of predictions that have been decided about. `seen` are records of predictions-stream. */
export function saidAgain(seen: readonly Seen[]): Sent[] {
  return seen.flatMap(({ key, value }) => {
    const schemaId = value.readInt32BE(1);
    const fields = parse(value.subarray(6));
    const other = fields.map((field) => (field.no === 13 ? double(13, field.bytes.readDoubleLE() / 2) : field));
    const again = (name: string, changed: readonly Field[], expected: Expected): Sent => ({
      way: `a prediction again: ${name}`,
      topic: TOPIC,
      key,
      partition: partitionOf(TOPIC, key),
      value: framed(schemaId, encode(changed)),
      expected,
    });
    const conflict = dead('CONFLICTING_DUPLICATE');
    return [
      again('the same bytes', fields, { kind: 'repeat' }),
      again('in another order', turned(fields), { kind: 'repeat' }),
      again('with an unknown field', [...fields, string(500, 'new')], { kind: 'repeat' }),
      again('in the other mode', set(fields, int(26, 1)), { kind: 'repeat' }),
      again('another probability', other, conflict),
      again('another eligibility', set(fields, int(17, fields.some(isEligible) ? 2 : 1)), conflict),
      again('another transaction', set(fields, string(4, 'input-1')), conflict),
      again('cut short', fields.slice(0, -1), dead('INVALID_VALUE')),
    ];
  });
}

function isEligible({ no, bytes }: Field): boolean {
  return no === 17 && bytes[0] === 1;
}

/** What is said again of transactions that are in the ledger. `seen` are records of transactions-stream. */
export function bookedAgain(seen: readonly Seen[]): Sent[] {
  return seen.flatMap(({ key, value }, i) => {
    const topic = 'transactions-stream';
    const schemaId = value.readInt32BE(1);
    const fields = parse(value.subarray(6));
    const again = (name: string, changed: readonly Field[], expected: Expected, under: Buffer = key): Sent => ({
      way: `a bank's transaction again: ${name}`,
      topic,
      key: under,
      partition: partitionOf(topic, under),
      value: framed(schemaId, encode(changed)),
      expected,
    });
    return [
      again('the same bytes', fields, { kind: 'repeat' }),
      again('another amount', set(fields, int(9, 1_234_567_891)), dead('CONFLICTING_DUPLICATE')),
      again('another currency', set(fields, string(1, `input-${i}`), string(10, 'XTS')), dead('WRONG_CURRENCY')),
      again('reversing itself', set(fields, string(12, idOf(fields))), dead('INVALID_VALUE')),
      again('under the key of another', fields, dead('WRONG_KEY'), Buffer.from('input-somebody')),
    ];
  });
}

function idOf(fields: readonly Field[]): string {
  const { bytes } = fields.find(({ no }) => no === 1)!;
  return bytes.subarray(1).toString();
}
