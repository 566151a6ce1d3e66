import { describe, expect, it } from 'vitest';
import { createFreshReads } from './catch-up.ts';

function manualReads() {
  const reads: PromiseWithResolvers<number>[] = [];
  const fresh = createFreshReads(() => {
    const read = Promise.withResolvers<number>();
    reads.push(read);
    return read.promise;
  });
  return { reads, fresh };
}

describe('fresh reads', () => {
  it('are shared by those who ask before the read begins', async () => {
    const { reads, fresh } = manualReads();
    const both = Promise.all([fresh(), fresh()]);
    await Promise.resolve();
    expect(reads).toHaveLength(1);
    reads[0]?.resolve(7);
    expect(await both).toEqual([7, 7]);
  });

  it('are not answered by a read that was under way when the question came', async () => {
    const { reads, fresh } = manualReads();
    const first = fresh();
    await Promise.resolve();
    const second = fresh();
    const third = fresh();
    reads[0]?.resolve(1);
    expect(await first).toBe(1);
    expect(reads).toHaveLength(2);
    reads[1]?.resolve(2);
    expect(await Promise.all([second, third])).toEqual([2, 2]);
  });

  it('go on after a read that failed', async () => {
    const { reads, fresh } = manualReads();
    const first = fresh();
    await Promise.resolve();
    reads[0]?.reject(new Error('away'));
    await expect(first).rejects.toThrow('away');
    const second = fresh();
    await Promise.resolve();
    reads[1]?.resolve(2);
    expect(await second).toBe(2);
  });
});
