import type { EachBatchPayload } from 'kafkajs';
import type { KafkaConnection, LogRange } from './kafka.ts';

const BROKER = 'broker:9092';

/** A consumer of the topic `topic`, as kafkajs shows it: events and batches come when the test says so. */
export function fakeKafka(ranges: () => Promise<readonly LogRange[]>) {
  const listeners = new Map<string, (event: { payload: unknown }) => void>();
  const seeks: string[] = [];
  let eachBatch = async (_: EachBatchPayload): Promise<void> => undefined;
  const consumer = {
    events: { GROUP_JOIN: 'join', HEARTBEAT: 'heartbeat', FETCH: 'fetch', REQUEST: 'request', CRASH: 'crash' },
    on: (event: string, listener: (event: { payload: unknown }) => void) => void listeners.set(event, listener),
    pause: () => undefined,
    resume: () => undefined,
    seek: ({ offset }: { offset: string }) => void seeks.push(offset),
    connect: async () => undefined,
    subscribe: async () => undefined,
    disconnect: async () => undefined,
    async run(o: { eachBatch: typeof eachBatch }) {
      eachBatch = o.eachBatch;
    },
  };
  const silent = () => undefined;
  const kafka = {
    client: { consumer: () => consumer },
    clientId: 'test',
    username: 'test',
    log: { debug: silent, info: silent, warn: silent, error: silent },
    logRanges: ranges,
    leaders: async () => new Map([[0, BROKER]]),
    compatible: async () => undefined,
    admin: () => Promise.reject(new Error('no broker')),
  };
  const emit = (event: string, payload: unknown) => listeners.get(event)?.({ payload });
  return {
    kafka: kafka as unknown as KafkaConnection,
    seeks,
    /** The group assigns partition 0, or others. */
    join: (partitions: readonly number[] = [0]) => emit('join', { memberAssignment: { topic: partitions } }),
    /** A fetch that was sent just now is answered. */
    answerFetch: () => emit('request', { apiName: 'Fetch', broker: BROKER, createdAt: Date.now() + 1 }),
    deliver: (from: number, count: number) =>
      eachBatch({
        batch: {
          partition: 0,
          messages: Array.from({ length: count }, (_, n) => ({
            offset: String(from + n),
            timestamp: '0',
            key: null,
            value: null,
          })),
          lastOffset: () => String(from + count - 1),
        },
        isStale: () => false,
        heartbeat: async () => undefined,
      } as unknown as EachBatchPayload),
  };
}
