import { afterEach, expect, it, vi } from 'vitest';
import { createConsumer } from './consumer.ts';
import { fakeKafka } from './fake-kafka.fixture.ts';
import type { EventConsumer, PositionStore } from './port.ts';

const consumers: EventConsumer[] = [];
afterEach(() => Promise.all(consumers.splice(0).map((consumer) => consumer.close())));

/** A partition that stands at an offset. */
function standsAt(nextOffset: bigint): PositionStore {
  let epoch = 0n;
  return {
    claim: async (_topic, partitions) => partitions.map((partition) => ({ partition, epoch: ++epoch, nextOffset })),
    begin: async () => undefined,
  };
}

it('is well again once a partition that lost records is another instance’s', async () => {
  const fake = fakeKafka(async () => [{ partition: 0, beginOffset: 5n, endOffset: 9n }]);
  const consumer = createConsumer({
    kafka: fake.kafka,
    groupId: 'group',
    topic: 'topic',
    positions: standsAt(2n),
    handlers: { onBatch: async () => undefined },
    maxBatchRecords: 10,
    queueRecords: 10,
    onFatal: (cause) => {
      throw cause;
    },
  });
  consumers.push(consumer);
  fake.join([0]);
  await vi.waitFor(() => expect(consumer.health()).toContain('data loss'));
  fake.join([]);
  await vi.waitFor(() => expect(consumer.health()).toBeNull());
});
