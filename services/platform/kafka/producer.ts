/**
 * Sending, so that nothing is lost and order is kept within a partition.
 *
 *  - Every (topic, partition) has a lane: one request in flight, what arrives meanwhile is sent together next, and a failed
 *    request is sent again before anything behind it. So a resend may add a record but never reorders.
 *  - One partition per kafkajs call: with several, kafkajs 2.2.4 forgets records when a leader moves during its own retry
 *    (tulios/kafkajs#1303), and yet resolves.
 *  - Metadata of the partition with error code 0 is what counts as acknowledged; its absence is a failure.
 *  - Neither idempotent nor transactional: markers in the log would break the count of I1.
 */
import kafkajs, { type Message, type Producer, type RecordMetadata } from 'kafkajs';
import { DEFAULT_BACKOFF, delayMs, pause, settledWithin, untilAborted } from './backoff.ts';
import { isRetriable, namedError } from './errors.ts';
import type { KafkaConnection } from './kafka.ts';
import type { Acknowledgement, EventProducer, OutgoingRecord } from './port.ts';
import { LEAVE_WITHIN_MS } from './running.ts';

export interface ProducerOptions {
  /** Bytes of keys and values in one request; a larger record goes alone. A request is one record batch, which the topic's max.message.bytes bounds. Default 512 KiB. */
  readonly maxRequestBytes?: number;
  /** Records in one request at most. Default 2,000. */
  readonly maxRequestRecords?: number;
  /** How long close() goes on resending what is not acknowledged before it rejects it. Default 2 s. */
  readonly closeGraceMs?: number;
}

/** A part of one send() that goes to one partition in one request. */
interface Chunk {
  readonly messages: Message[];
  readonly bytes: number;
  readonly signal: AbortSignal | undefined;
  resolve(acknowledgement: Acknowledgement): void;
  reject(cause: unknown): void;
}

interface Lane {
  readonly topic: string;
  readonly partition: number;
  readonly waiting: Chunk[];
  busy: Promise<void> | null;
}

/** Per record: offsets, lengths and headers of a record batch, generously. */
const RECORD_OVERHEAD_BYTES = 100;

/** Connects on first use and again whenever the connection is lost. */
export function createProducer(kafka: KafkaConnection, o: ProducerOptions = {}): EventProducer {
  const maxRequestBytes = o.maxRequestBytes ?? 512 * 1024;
  const maxRequestRecords = o.maxRequestRecords ?? 2_000;
  const producer = kafka.client.producer({
    allowAutoTopicCreation: false,
    retry: { retries: 3 },
    // Never asked, since every record names its partition; named so that kafkajs does not warn.
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  const lanes = new Map<string, Lane>();
  const connect = connector(kafka, producer);
  const closing = new AbortController();
  let closed = false;

  function laneOf(topic: string, partition: number): Lane {
    const key = `${topic}/${partition}`;
    let lane = lanes.get(key);
    if (lane === undefined) {
      lane = { topic, partition, waiting: [], busy: null };
      lanes.set(key, lane);
    }
    return lane;
  }

  async function drain(lane: Lane): Promise<void> {
    while (lane.waiting.length > 0) {
      const taken = take(lane, maxRequestBytes, maxRequestRecords);
      await deliver(lane, taken);
    }
    lane.busy = null;
  }

  async function deliver(lane: Lane, chunks: readonly Chunk[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const live = chunks.filter((chunk) => isWanted(chunk, closing.signal));
      if (live.length === 0) return;
      try {
        acknowledge(lane, live, await request(lane, live));
        return;
      } catch (cause) {
        if (!isRetriable(cause)) return await refuse(lane, live, cause);
        kafka.log.warn({ event: 'send-retried', topic: lane.topic, partition: lane.partition, attempt, cause });
        await pauseForAll(delayMs(DEFAULT_BACKOFF, attempt), live, closing.signal);
      }
    }
  }

  /** An error that no resend mends may be of one chunk only: each is tried alone, in order. */
  async function refuse(lane: Lane, chunks: readonly Chunk[], cause: unknown): Promise<void> {
    if (chunks.length === 1) return chunks[0]?.reject(namedError(cause));
    for (const chunk of chunks) await deliver(lane, [chunk]);
  }

  async function request(lane: Lane, chunks: readonly Chunk[]): Promise<bigint> {
    await connect();
    const metadata = await producer.send({
      topic: lane.topic,
      acks: -1,
      messages: chunks.flatMap((chunk) => chunk.messages),
    });
    return baseOffsetOf(metadata, lane);
  }

  return {
    async send(records, signal) {
      if (closed) throw new Error('the producer is closed');
      signal?.throwIfAborted();
      const acknowledgements: Promise<Acknowledgement>[] = [];
      for (const chunk of chunksOf(records, maxRequestBytes, maxRequestRecords)) {
        const lane = laneOf(chunk.topic, chunk.partition);
        acknowledgements.push(
          new Promise((resolve, reject) => {
            lane.waiting.push({ messages: chunk.messages, bytes: chunk.bytes, signal, resolve, reject });
          }),
        );
        lane.busy ??= drain(lane);
      }
      return await untilAborted(allSettled(acknowledgements), signal);
    },
    async close() {
      closed = true;
      const sent = Promise.all([...lanes.values()].map((lane) => lane.busy));
      await settledWithin(o.closeGraceMs ?? 2_000, sent);
      closing.abort(new Error('the producer is closed'));
      // This ends what a broker has not answered, too.
      await settledWithin(LEAVE_WITHIN_MS, producer.disconnect());
      await settledWithin(LEAVE_WITHIN_MS, sent);
    },
  };
}

/** Waits for all, so that no part is in flight when they are told; then throws the first failure. */
async function allSettled(all: readonly Promise<Acknowledgement>[]): Promise<readonly Acknowledgement[]> {
  const results = await Promise.allSettled(all);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

function connector(kafka: KafkaConnection, producer: Producer): () => Promise<void> {
  let connected: Promise<void> | null = null;
  const forget = () => {
    connected = null;
  };
  producer.on(producer.events.DISCONNECT, forget);
  return () => {
    connected ??= kafka
      .compatible()
      .then(() => producer.connect())
      .catch((cause: unknown) => {
        forget();
        throw cause;
      });
    return connected;
  };
}

interface PartitionChunk {
  readonly topic: string;
  readonly partition: number;
  readonly messages: Message[];
  bytes: number;
}

function chunksOf(records: readonly OutgoingRecord[], maxBytes: number, maxRecords: number): PartitionChunk[] {
  const chunks: PartitionChunk[] = [];
  const open = new Map<string, PartitionChunk>();
  for (const record of records) {
    const key = `${record.topic}/${record.partition}`;
    const bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0) + RECORD_OVERHEAD_BYTES;
    let chunk = open.get(key);
    if (chunk === undefined || chunk.bytes + bytes > maxBytes || chunk.messages.length >= maxRecords) {
      chunk = { topic: record.topic, partition: record.partition, messages: [], bytes: 0 };
      open.set(key, chunk);
      chunks.push(chunk);
    }
    chunk.messages.push(messageOf(record));
    chunk.bytes += bytes;
  }
  return chunks;
}

function messageOf(record: OutgoingRecord): Message {
  return {
    key: record.key === null ? null : bufferOf(record.key),
    value: record.value === null ? null : bufferOf(record.value),
    partition: record.partition,
    ...(record.headers === undefined ? {} : { headers: { ...record.headers } }),
  };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function take(lane: Lane, maxBytes: number, maxRecords: number): Chunk[] {
  const taken: Chunk[] = [];
  let bytes = 0;
  let records = 0;
  for (const chunk of lane.waiting) {
    if (taken.length > 0 && (bytes + chunk.bytes > maxBytes || records + chunk.messages.length > maxRecords)) break;
    taken.push(chunk);
    bytes += chunk.bytes;
    records += chunk.messages.length;
  }
  lane.waiting.splice(0, taken.length);
  return taken;
}

/** Rejects a chunk whose sender, or the producer itself, has gone. */
function isWanted(chunk: Chunk, closing: AbortSignal): boolean {
  const ended = [chunk.signal, closing].find((signal) => signal?.aborted === true);
  if (ended !== undefined) chunk.reject(ended.reason);
  return ended === undefined;
}

/** Until the time is over, every sender has gone, or the producer closes. */
async function pauseForAll(ms: number, chunks: readonly Chunk[], closing: AbortSignal): Promise<void> {
  const [first, ...others] = chunks.map((chunk) => chunk.signal);
  const shared = others.every((signal) => signal === first) ? first : undefined;
  await pause(ms, shared === undefined ? closing : AbortSignal.any([shared, closing]));
}

function baseOffsetOf(metadata: readonly RecordMetadata[], lane: Lane): bigint {
  const mine = metadata.find((one) => one.topicName === lane.topic && one.partition === lane.partition);
  if (mine?.errorCode !== 0 || mine.baseOffset === undefined) {
    throw new UnacknowledgedError(`${lane.topic}/${lane.partition}: the answer has no metadata for it, or an error`);
  }
  return BigInt(mine.baseOffset);
}

/** The broker answered, but not for this partition: sent again. */
class UnacknowledgedError extends Error {
  override readonly name = 'UnacknowledgedError';
  readonly retriable = true;
}

function acknowledge(lane: Lane, chunks: readonly Chunk[], baseOffset: bigint): void {
  let offset = baseOffset;
  for (const chunk of chunks) {
    chunk.resolve({
      topic: lane.topic,
      partition: lane.partition,
      baseOffset: offset,
      records: chunk.messages.length,
    });
    offset += BigInt(chunk.messages.length);
  }
}
