import { describe, expect, it } from 'vitest';
import { isUntouched, lagOf, lossOf } from './ownership.ts';
import type { PartitionWorker } from './partition-worker.ts';

const range = { partition: 0, beginOffset: 5n, endOffset: 9n };
const worker = (o: Partial<PartitionWorker>): PartitionWorker => ({
  partition: 0,
  epoch: 3n,
  position: 7n,
  expected: 7n,
  oldestUnreadMs: null,
  offer: () => ({ kind: 'accepted' }),
  stop: async () => undefined,
  ...o,
});

describe('data loss', () => {
  it('is a next offset that the log no longer has, or does not have yet', () => {
    expect([5n, 7n, 9n].map((next) => lossOf(next, range, true))).toEqual([null, null, null]);
    expect(lossOf(4n, range, true)).toBe('data loss: offset 4 is next, but the log begins at 5');
    expect(lossOf(10n, range, true)).toBe('data loss: offset 10 is next, but the log ends at 9');
  });

  it('is not what compaction or retention took from a compacted topic', () => {
    expect(lossOf(4n, range, false)).toBeNull();
    expect(lossOf(10n, range, false)).not.toBeNull();
  });
});

describe('what memory holds of a partition', () => {
  it('counts after a new claim only if nobody claimed or moved it in between', () => {
    const before = worker({});
    expect(isUntouched(before, { partition: 0, epoch: 4n, nextOffset: 7n })).toBe(true);
    expect(isUntouched(before, { partition: 0, epoch: 5n, nextOffset: 7n })).toBe(false);
    expect(isUntouched(before, { partition: 0, epoch: 4n, nextOffset: 8n })).toBe(false);
  });
});

describe('lag', () => {
  it('is what the log holds behind the position, never below 0', () => {
    expect(lagOf('t', worker({ oldestUnreadMs: 5 }), [range])).toEqual({
      topic: 't',
      partition: 0,
      lag: 2n,
      oldestUnreadMs: 5,
    });
    expect(lagOf('t', worker({ position: 11n }), [range]).lag).toBe(0n);
  });
});
