import { expect, it, vi } from 'vitest';
import type { OutgoingRecord } from '../kafka/port.ts';
import { createShardPublisher, type OutboxRow, type ShardPublisherOptions } from './shard-publisher.ts';

const silent = () => undefined;

/** A shard whose cursor the database moves only after so many failures. */
function shard(failures: number, o: Partial<ShardPublisherOptions<OutboxRow>> = {}) {
  const seen = { sent: [] as string[], cursor: 0n };
  let left = failures;
  const publisher = createShardPublisher<OutboxRow>({
    outbox: 'outbox',
    lease: { shard: 0, epoch: 1n, publishedPosition: 0n },
    cursors: {
      async advance(_lease: unknown, position: bigint) {
        if (left-- > 0) throw new Error('the database is away');
        seen.cursor = position;
        return true;
      },
    } as ShardPublisherOptions<OutboxRow>['cursors'],
    producer: {
      async send(records) {
        seen.sent.push(...records.map((record) => record.topic));
        return [];
      },
      close: async () => undefined,
    },
    readAfter: async () => [],
    toRecords: (rows) =>
      rows.map((row): OutgoingRecord => ({ topic: String(row.position), partition: 0, key: null, value: null })),
    batchRows: 10,
    queueRows: 100,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    now: Date.now,
    ...o,
  });
  return { publisher, seen };
}

const rows = (from: bigint, count: number) => Array.from({ length: count }, (_, n) => ({ position: from + BigInt(n) }));

it('sends once what the broker acknowledged, however long the cursor waits for the database', async () => {
  const { publisher, seen } = shard(3);
  publisher.offer(1n, rows(1n, 2));
  publisher.offer(3n, rows(3n, 1));
  await vi.waitFor(() => expect(seen.cursor).toBe(3n));
  expect(seen.sent).toEqual(['1', '2', '3']);
  await publisher.stop(0);
});
