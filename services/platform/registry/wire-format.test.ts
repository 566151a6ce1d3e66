import { create, toBinary } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { CustomerProfileSchema } from '../../../gen/pde/events/v1/customer_profile_pb.ts';
import { PredictionSchema } from '../../../gen/pde/events/v1/prediction_pb.ts';
import { type Transaction, TransactionSchema } from '../../../gen/pde/events/v1/transaction_pb.ts';
import { wireFault } from './wire-format.ts';

const transaction: Transaction = create(TransactionSchema, {
  transactionId: 't1',
  customerId: 'c1',
  occurredTime: timestampFromMs(Date.UTC(2024, 0, 1, 12)),
  utcOffsetMinutes: -60,
  amountMinor: -1n,
  declares: [1, 2, 3],
  mode: 2,
});

describe('a payload that is written as its message is declared', () => {
  it('has no fault', () => {
    const profile = create(CustomerProfileSchema, {
      consents: [{ channel: 1, recordedTime: timestampFromMs(1) }],
      obligations: [{ obligationId: 'o', intervalDays: 7 }],
    });
    const prediction = create(PredictionSchema, {
      features: [1, Number.NaN],
      margin: 0.5,
      topFeatures: [{ name: 'a', value: 1 }],
    });
    expect(wireFault(TransactionSchema, toBinary(TransactionSchema, transaction))).toBeNull();
    expect(wireFault(CustomerProfileSchema, toBinary(CustomerProfileSchema, profile))).toBeNull();
    expect(wireFault(PredictionSchema, toBinary(PredictionSchema, prediction))).toBeNull();
  });

  it.each<[string, number[]]>([
    ['nothing', []],
    ['numbers of a list one by one', [0xa0, 1, 1, 0xa0, 1, 2]],
    [
      'an unknown field of each wire type',
      [0xf0, 6, 1, 0xf1, 6, 1, 2, 3, 4, 5, 6, 7, 8, 0xf2, 6, 1, 9, 0xf5, 6, 1, 2, 3, 4],
    ],
    ['an unknown group', [0xf3, 6, 0x08, 1, 0xf4, 6]],
    ['a number of ten bytes', [0x48, ...Array(9).fill(0xff), 0x01]],
  ])('also with %s', (_, bytes) => {
    expect(wireFault(TransactionSchema, Uint8Array.from(bytes))).toBeNull();
  });
});

describe('a payload that is not', () => {
  it.each<[string, number[]]>([
    ['transaction_id has wire type 0, not 2', [0x08, 1, 0x41]],
    ['transaction_id has wire type 3, not 2', [0x0b, 0x0c]],
    ['amount_minor has wire type 1, not 0', [0x49, 1, 2, 3, 4, 5, 6, 7, 8]],
    ['amount_minor has wire type 2, not 0', [0x4a, 1, 5]],
    ['occurred_time has wire type 0, not 2', [0x20, 5]],
    ['seconds has wire type 2, not 0', [0x22, 2, 0x0a, 0]],
    ['a varint is cut off', [0x22, 1, 0x08, 0x05]],
    ['a varint is cut off', [0xa2, 1, 1, 0x80, 0x01]],
    ['a length goes beyond what holds it', [0x0a, 2, 0x41]],
    ['a length goes beyond what holds it', [0x22, 3, 0x9a, 6, 5]],
    ['a number is cut off', [0xf1, 6, 1, 2, 3]],
    ['a field has no number', [0x00, 1]],
    ['a field has wire type 6', [0xf6, 6]],
    ['a field has wire type 4', [0xf4, 6]],
    ['a group does not end', [0xf3, 6, 0x08, 1]],
    ['a group ends with the number of another', [0xf3, 6, 0xfc, 6]],
    ['a varint has more than 64 bits', [0x48, ...Array(9).fill(0xff), 0x02]],
    ['a tag or a length has more than 32 bits', [0xff, 0xff, 0xff, 0xff, 0x7f, 1]],
    ['a tag or a length has more than 32 bits', [0x0a, ...Array(9).fill(0xff), 0x01]],
  ])('%s', (fault, bytes) => {
    expect(wireFault(TransactionSchema, Uint8Array.from(bytes))).toBe(fault);
  });

  it('ends within a number of a list', () => {
    expect(wireFault(PredictionSchema, Uint8Array.from([0x4a, 7, 1, 2, 3, 4, 5, 6, 7]))).toBe(
      'features ends within a number',
    );
  });

  it('nests groups without end', () => {
    const groups = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i % 2 === 0 ? 0xf3 : 6));
    expect(wireFault(TransactionSchema, groups)).toBe('more than 100 groups lie within each other');
  });

  it('is cut off within a field, at whatever byte', () => {
    const whole = toBinary(TransactionSchema, transaction);
    const faults = Array.from(whole, (_, length) => wireFault(TransactionSchema, whole.subarray(0, length)));
    // Before the first field and after each: transaction_id, customer_id, occurred_time, utc_offset, amount, declares.
    expect(faults.filter((fault) => fault === null)).toHaveLength(7);
  });
});
