/** Sends the corpus into the good traffic: as each share of the bank's transactions is sent, the same share of the corpus is. */
import { setTimeout as delay } from 'node:timers/promises';
import { createKafka } from '../../../services/platform/kafka/kafka.ts';
import type { Acknowledgement, EventProducer } from '../../../services/platform/kafka/port.ts';
import { createProducer } from '../../../services/platform/kafka/producer.ts';
import { createSilentLogger } from '../../../services/platform/telemetry/logger.ts';
import type { RunningRun } from '../../support/engine-run.ts';
import type { Sent } from './sent.ts';

export interface Placed extends Sent {
  /** Where it lies in its partition; null: the broker refused it. */
  readonly offset: bigint | null;
}

export interface Sender {
  /** Sends records at once, in their order. */
  send(records: readonly Sent[]): Promise<readonly Placed[]>;
  /** Sends them spread over what is left of the bank's stream; resolves when all lie in their logs. */
  sendMixed(records: readonly Sent[]): Promise<readonly Placed[]>;
  close(): Promise<void>;
}

/** What the broker says of a record that is too large, and of one without a key where it compacts. */
const REFUSALS = new Set(['MESSAGE_TOO_LARGE', 'INVALID_RECORD']);
const POLL_MS = 50;
const SEND_WITHIN_MS = 60_000;

export function createSender(run: RunningRun): Sender {
  const { kafka: broker } = run.stack;
  const { brokers } = broker;
  const log = createSilentLogger();
  const kafka = createKafka({ brokers, ...broker.credentials('admin'), clientId: 'faults-input', log });
  const producer = createProducer(kafka);
  let ended = false;
  const end = () => {
    ended = true;
  };
  run.streaming.then(end, end);
  let own = 0;

  async function send(records: readonly Sent[]): Promise<readonly Placed[]> {
    const placed = await sendAll(producer, records);
    own += placed.filter(({ topic, offset }) => topic === 'transactions-stream' && offset !== null).length;
    return placed;
  }

  async function streamed(): Promise<number> {
    const ranges = await kafka.logRanges('transactions-stream');
    return ranges.reduce((sum, { beginOffset, endOffset }) => sum + Number(endOffset - beginOffset), 0) - own;
  }

  return {
    send,
    async sendMixed(records) {
      const placed: Placed[] = [];
      const before = await streamed();
      while (placed.length < records.length) {
        const share = ended ? 1 : Math.min(1, ((await streamed()) - before) / (run.transactions - before));
        const due = records.slice(placed.length, Math.ceil(share * records.length));
        if (due.length > 0) placed.push(...(await send(due)));
        else await delay(POLL_MS);
      }
      return placed;
    },
    async close() {
      await producer.close();
      await kafka.close();
    },
  };
}

async function sendAll(producer: EventProducer, records: readonly Sent[]): Promise<readonly Placed[]> {
  const isSendable = ({ expected }: Sent) => expected.kind !== 'refused by the broker';
  const sendable = records.filter(isSendable);
  const acknowledged = sendable.length === 0 ? [] : await produce(producer, sendable);
  const offsets = offsetsOf(acknowledged);
  const refused = await Promise.all(
    records.filter((record) => !isSendable(record)).map((record) => refusalOf(producer, record)),
  );
  return [...sendable.map((record) => ({ ...record, offset: offsets(record) })), ...refused];
}

function produce(producer: EventProducer, records: readonly Sent[]): Promise<readonly Acknowledgement[]> {
  return producer.send(
    records.map(({ topic, partition, key, value }) => ({ topic, partition, key, value })),
    AbortSignal.timeout(SEND_WITHIN_MS),
  );
}

/** The next offset of each partition, by what was acknowledged of it in order. */
function offsetsOf(acknowledged: readonly Acknowledgement[]): (record: Sent) => bigint {
  const placeOf = ({ topic, partition }: Pick<Sent, 'partition'> & { topic: string }) => `${topic}/${partition}`;
  const byPlace = Map.groupBy(acknowledged, placeOf);
  const offsets = new Map(
    [...byPlace].map(([place, requests]) => [
      place,
      requests.flatMap(({ baseOffset, records }) => Array.from({ length: records }, (_, i) => baseOffset + BigInt(i))),
    ]),
  );
  return (record) => {
    const next = offsets.get(placeOf(record))?.shift();
    if (next === undefined) throw new Error(`${placeOf(record)} did not acknowledge a record`);
    return next;
  };
}

async function refusalOf(producer: EventProducer, record: Sent): Promise<Placed> {
  try {
    const [acknowledged] = await produce(producer, [record]);
    return { ...record, offset: acknowledged?.baseOffset ?? null };
  } catch (cause) {
    if (!REFUSALS.has(String((cause as { type?: unknown }).type))) throw cause;
    return { ...record, offset: null };
  }
}
