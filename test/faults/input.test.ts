/**
 * The corpus of `npm run faults:input`, a seeded part of it on the real parts, and all of it as each record is judged alone.
 */
import { describe, expect, it } from 'vitest';
import { PredictionSchema } from '../../gen/pde/events/v1/prediction_pb.ts';
import { checkRecord as checkTransaction } from '../../services/features/check-record.ts';
import { checkUpdate } from '../../services/features/profile-updates.ts';
import { checkRecord as checkEvent } from '../../services/interventions/check-record.ts';
import { readPrediction } from '../../services/interventions/convert.ts';
import { checkUpdates } from '../../services/interventions/profiles.ts';
import { reasonName } from '../../services/platform/dead-letters/store.ts';
import type { IncomingRecord } from '../../services/platform/kafka/port.ts';
import { createEventCodec, type EventCodec } from '../../services/platform/registry/codec.ts';
import { contractText } from '../../services/platform/registry/contract-text.ts';
import { topicNamed } from '../../services/platform/topics/topics.ts';
import { useStack } from '../support/shared-stack.ts';
import { corpusOf, isBad } from './input/corpus.ts';
import { goodOf } from './input/good.ts';
import { createRandom } from './input/random.ts';
import { tryInput } from './input/run.ts';
import { PARTITIONS, type SchemaIds, type Sent, type TopicName } from './input/sent.ts';
import { encode, parse } from './input/wire.ts';

const TOPICS = Object.keys(PARTITIONS) as TopicName[];
const SCHEMAS: SchemaIds = {
  own: { 'transactions-stream': 2, 'customer-updates': 5, 'predictions-stream': 3 },
  foreign: [8, 9, 10],
  next: [11, 12, 13],
};
/** Two runs of the engine, on a machine that has other work too. */
const BUSY_MS = 600_000;
const NOW_MS = Date.UTC(2026, 0, 1);
const options = { bad: 2_000, groups: null, schemas: SCHEMAS, nowMs: NOW_MS };
/** What only a record that came before, or the database, can tell. */
const NOT_ALONE = ['CONFLICTING_DUPLICATE', 'WRONG_CURRENCY', 'REVERSAL_OF_REVERSAL', 'TOO_OLD', 'REFUSED_BY_STORE'];

describe('the corpus', () => {
  it('is the same for the same seed, and another for another', () => {
    const bytes = (seed: number) =>
      corpusOf({ ...options, seed }).map(({ way, value }) => [way, value?.toString('hex')]);
    expect(bytes(7)).toEqual(bytes(7));
    expect(bytes(7)).not.toEqual(bytes(8));
  });

  it('holds at least as many bad records as asked for, in every topic, for every reason that a record can have', () => {
    const bad = corpusOf({ ...options, seed: 1 }).filter(isBad);
    expect(bad.length).toBeGreaterThanOrEqual(2_000);
    expect(new Set(bad.map(({ topic }) => topic))).toEqual(new Set(TOPICS));
    const reasons = new Set(bad.map(({ expected }) => (expected.kind === 'dead' ? expected.reason : '')));
    // ERASED is of a customer, by a person's request.
    expect(reasons.size).toBe(14);
  });

  it('cuts a good record of every topic off at every byte', () => {
    const cut = corpusOf({ ...options, seed: 1, bad: 0 }).filter(({ way }) => way.endsWith(': cut off'));
    for (const topic of TOPICS) {
      const lengths = cut.filter((one) => one.topic === topic).map(({ value }) => value!.length);
      expect(lengths.sort((a, b) => a - b)).toEqual(lengths.map((_, length) => length));
      expect(lengths.length).toBeGreaterThan(100);
    }
  });

  it('is written as it is read', () => {
    for (const topic of TOPICS) {
      const fields = goodOf(topic, { customerId: 'c', random: createRandom(1), schemas: SCHEMAS, nowMs: 0 });
      expect(parse(encode(fields))).toEqual(fields);
    }
  });
});

describe('each record alone', () => {
  it('is judged as its way says, by every service that reads it', async () => {
    const codec = await codecOnContract();
    const corpus = corpusOf({ ...options, seed: 2 }).filter(
      ({ expected }) => expected.kind !== 'refused by the broker',
    );
    const unlike = await Promise.all(
      corpus.map(async (one) => {
        const alone =
          one.expected.kind === 'dead' && !NOT_ALONE.includes(one.expected.reason) ? one.expected.reason : 'ok';
        const verdicts = await judge(codec, one);
        return verdicts.every((verdict) => verdict === alone) ? [] : [`${one.way}: ${verdicts}, not ${alone}`];
      }),
    );
    expect(unlike.flat()).toEqual([]);
  });
});

describe('among good traffic', () => {
  const stack = useStack();

  it(
    'every bad record is a dead letter, every good one is processed, and what is mended takes effect once',
    async () => {
      const bank = { kind: 'synthetic', customers: 12, months: 6, seed: 5 } as const;
      const say = () => undefined;
      const result = await tryInput({ stack: stack(), bank, seed: 3, bad: 0, groups: 250, rate: 0, say });
      expect(result).toMatchObject({ findings: [], missing: 0, wrong: 0 });
      expect(result.tried).toBeGreaterThan(300);
      expect(result.replay.mended).toBe(6);
    },
    BUSY_MS,
  );
});

/** The services' own codec on a registry that holds the contract and three texts of others. */
async function codecOnContract(): Promise<EventCodec> {
  const texts = new Map<number, string>(SCHEMAS.foreign.map((id) => [id, `text ${id}`]));
  for (const topic of TOPICS) texts.set(SCHEMAS.own[topic], await contractText(topicNamed(topic)));
  const none = () => Promise.reject(new Error('nobody registers here'));
  return createEventCodec({
    registry: {
      register: none,
      subjects: none,
      textOf: async (id) => texts.get(id) ?? null,
      lookUp: async (subject, text) => {
        const id = TOPICS.find((topic) => `${topic}-value` === subject);
        return id !== undefined && texts.get(SCHEMAS.own[id]) === text ? SCHEMAS.own[id] : null;
      },
    },
  });
}

async function judge(codec: EventCodec, { topic: name, partition, key, value }: Sent): Promise<string[]> {
  const topic = topicNamed(name);
  const record: IncomingRecord = { topic: name, partition, offset: 0n, appendMs: NOW_MS, key, value, headers: {} };
  const verdicts =
    name === 'transactions-stream'
      ? [await checkTransaction(codec, topic, record)]
      : name === 'customer-updates'
        ? [await checkUpdate(codec, record), ...(await checkUpdates(codec, [record]))]
        : [await checkEvent({ ...PREDICTIONS, codec, topic }, record)];
  return verdicts.map((verdict) => (verdict.kind === 'dead' ? reasonName(verdict.reason) : 'ok'));
}

const PREDICTIONS = {
  desc: PredictionSchema,
  read: (message: Parameters<typeof readPrediction>[0], record: IncomingRecord) =>
    readPrediction(message, record.appendMs),
  customerIdOf: ({ customerId }: { readonly customerId: string }) => customerId,
};
