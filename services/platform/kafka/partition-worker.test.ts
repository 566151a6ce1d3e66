import { describe, expect, it } from 'vitest';
import { createPartitionWorker, type PartitionWorkerOptions } from './partition-worker.ts';
import { FencedError, type IncomingRecord, type PartitionBatch } from './port.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

function records(from: number, count: number): IncomingRecord[] {
  return Array.from({ length: count }, (_, n) => ({
    topic: 't',
    partition: 0,
    offset: BigInt(from + n),
    appendMs: 1_000 + from + n,
    key: null,
    value: new Uint8Array(10),
    headers: {},
  }));
}

/** A handler whose batches end when the test says so. */
function setUp(o: Partial<PartitionWorkerOptions> = {}) {
  const calls: Call[] = [];
  const arrivals: PromiseWithResolvers<Call>[] = [];
  const full: boolean[] = [];
  const fenced = Promise.withResolvers<FencedError>();
  const worker = createPartitionWorker({
    topic: 't',
    partition: 0,
    epoch: 3n,
    nextOffset: 0n,
    gapless: true,
    handlers: {
      onBatch(batch, signal, proceed) {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        const call = { batch, signal, proceed, done: resolve, fail: reject };
        calls.push(call);
        arrivals.shift()?.resolve(call);
        return promise;
      },
    },
    maxBatchRecords: 4,
    maxBatchBytes: 1e6,
    queueRecords: 10,
    queueBytes: 1e6,
    log: quiet,
    now: () => 5_000,
    backoff: { firstMs: 1, maxMs: 1 },
    onFull: (isFull) => full.push(isFull),
    onFenced: fenced.resolve,
    ...o,
  });
  const next = () => {
    const arrival = Promise.withResolvers<Call>();
    arrivals.push(arrival);
    return arrival.promise;
  };
  return { worker, calls, next, full, fenced: fenced.promise };
}

interface Call {
  readonly batch: PartitionBatch;
  readonly signal: AbortSignal;
  proceed(): void;
  done(): void;
  fail(cause: unknown): void;
}

const range = ({ batch }: Call) => [Number(batch.firstOffset), Number(batch.nextOffset)];

describe('a partition worker', () => {
  it('hands over what is there, in batches that follow on one another, one at a time', async () => {
    const { worker, next, calls } = setUp();
    const first = next();
    worker.offer(records(0, 6));
    expect(range(await first)).toEqual([0, 4]);
    const second = next();
    expect(calls).toHaveLength(1);
    (await first).done();
    expect(range(await second)).toEqual([4, 6]);
    expect(worker.position).toBe(4n);
    (await second).done();
    await worker.stop(1_000);
    expect(worker.position).toBe(6n);
  });

  it('refuses a gap, and queues nothing of it', async () => {
    const { worker, calls } = setUp();
    expect(worker.offer(records(1, 3))).toEqual({ kind: 'mismatch', expected: 0n, found: 1n });
    await worker.stop(0);
    expect(calls).toHaveLength(0);
  });

  it('refuses records that all lie before the expected one, and skips those of an overlap', async () => {
    const { worker, next } = setUp();
    const first = next();
    worker.offer(records(0, 3));
    (await first).done();
    expect(worker.offer(records(0, 3))).toEqual({ kind: 'mismatch', expected: 3n, found: 0n });
    const second = next();
    expect(worker.offer(records(1, 4))).toEqual({ kind: 'accepted' });
    expect(range(await second)).toEqual([3, 5]);
    (await second).done();
    await worker.stop(0);
  });

  it('takes gaps on a compacted topic, and chains batches over them', async () => {
    const { worker, next } = setUp({ gapless: false, nextOffset: 2n, fetchOffset: 5n });
    const first = next();
    worker.offer([...records(7, 1), ...records(9, 1)]);
    expect(range(await first)).toEqual([2, 10]);
    (await first).done();
    await worker.stop(0);
  });

  it('hands a failed batch over again, with the same bounds and the next attempt', async () => {
    const { worker, next } = setUp();
    const first = next();
    worker.offer(records(0, 2));
    const again = next();
    (await first).fail(new Error('away'));
    const second = await again;
    expect(range(second)).toEqual([0, 2]);
    expect([(await first).batch.attempt, second.batch.attempt]).toEqual([1, 2]);
    second.done();
    await worker.stop(0);
  });

  it('hands over the next batch early where the handler proceeds, and no third', async () => {
    const { worker, next, calls } = setUp();
    const first = next();
    worker.offer(records(0, 10));
    const second = next();
    (await first).proceed();
    expect(range(await second)).toEqual([4, 8]);
    (await second).proceed();
    await Promise.resolve();
    expect(calls).toHaveLength(2);
    const third = next();
    (await first).done();
    expect(range(await third)).toEqual([8, 10]);
    (await second).done();
    (await third).done();
    await worker.stop(1_000);
    expect(worker.position).toBe(10n);
  });

  it('aborts what follows on a failed batch, waits for it, and hands both over again in order', async () => {
    const { worker, next } = setUp();
    const first = next();
    worker.offer(records(0, 8));
    const second = next();
    (await first).proceed();
    const redone = next();
    const follower = await second;
    const aborted = new Promise<void>((resolve) => follower.signal.addEventListener('abort', () => resolve()));
    (await first).fail(new Error('rolled back'));
    await aborted;
    follower.fail(new Error('its ground is gone'));
    expect(range(await redone)).toEqual([0, 4]);
    const last = next();
    (await redone).done();
    expect(range(await last)).toEqual([4, 8]);
    (await last).done();
    await worker.stop(0);
  });

  it('ends on a fenced batch and hands nothing over afterwards', async () => {
    const { worker, next, calls, fenced } = setUp();
    const first = next();
    worker.offer(records(0, 8));
    (await first).fail(new FencedError('another owner'));
    expect((await fenced).message).toBe('another owner');
    worker.offer(records(8, 2));
    await worker.stop(0);
    expect(calls).toHaveLength(1);
  });

  it('says when its queue is full, and when it has room again', async () => {
    const { worker, next, full } = setUp();
    const first = next();
    worker.offer(records(0, 20));
    expect(full).toEqual([true]);
    const second = next();
    const third = next();
    const fourth = next();
    (await first).done();
    (await second).done();
    (await third).done();
    await fourth;
    expect(full).toEqual([true, false]);
    await Promise.all([worker.stop(0), (await fourth).done()]);
  });

  it('lets a batch end within the grace, and aborts it after', async () => {
    const graceful = setUp();
    const first = graceful.next();
    graceful.worker.offer(records(0, 1));
    const call = await first;
    const stopped = graceful.worker.stop(60_000);
    expect(call.signal.aborted).toBe(false);
    call.done();
    await stopped;
    expect(graceful.worker.position).toBe(1n);

    const hasty = setUp();
    const second = hasty.next();
    hasty.worker.offer(records(0, 1));
    const { signal, fail } = await second;
    signal.addEventListener('abort', () => fail(signal.reason));
    await hasty.worker.stop(0);
    expect(hasty.worker.position).toBe(0n);
  });

  it('tells the append time of the oldest record that is not processed', async () => {
    const { worker, next } = setUp();
    expect(worker.oldestUnreadMs).toBeNull();
    const first = next();
    worker.offer(records(0, 5));
    await first;
    expect(worker.oldestUnreadMs).toBe(1_000);
    const second = next();
    (await first).done();
    await second;
    expect(worker.oldestUnreadMs).toBe(1_004);
    await Promise.all([worker.stop(0), (await second).done()]);
  });
});
