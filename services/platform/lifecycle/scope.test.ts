import { describe, expect, it } from 'vitest';
import { createScope } from './scope.ts';

describe('a scope', () => {
  it('releases in reverse, each once, whatever the others do', async () => {
    const released: string[] = [];
    const { scope, release } = createScope({ name: 'test' });
    await scope.acquire(
      'a',
      () => 'a',
      (value) => void released.push(value),
    );
    await scope.acquire(
      'b',
      () => 'b',
      () => Promise.reject(new Error('stuck')),
    );
    await scope.acquire(
      'c',
      async () => 'c',
      async (value) => void released.push(value),
    );
    expect(await release(1_000)).toBe(false);
    expect(await release(1_000)).toBe(true);
    expect(released).toEqual(['c', 'a']);
  });

  it('acquires nothing more once it is stopping', async () => {
    const owned = createScope({ name: 'test' });
    owned.stop(new Error('stopping'));
    await expect(
      owned.scope.acquire(
        'a',
        () => 'a',
        () => undefined,
      ),
    ).rejects.toThrow('stopping');
  });

  it('releases at once what was made while the stop came', async () => {
    const owned = createScope({ name: 'test' });
    const made = Promise.withResolvers<string>();
    const released: string[] = [];
    const acquiring = owned.scope.acquire(
      'a',
      () => made.promise,
      (value) => void released.push(value),
    );
    owned.stop(new Error('stopping'));
    made.resolve('a');
    await expect(acquiring).rejects.toThrow('stopping');
    expect(released).toEqual(['a']);
  });

  it('gathers the problems of its checks, a failing check among them', () => {
    const { scope, notAlive } = createScope({ name: 'test' });
    scope.readiness('well', () => null);
    scope.readiness('peer', () => 'away');
    scope.readiness('broken', () => {
      throw new Error('oops');
    });
    scope.liveness('consumer', () => 'no heartbeat for 60 s');
    expect(scope.notReady()).toEqual([
      { check: 'peer', problem: 'away' },
      { check: 'broken', problem: 'check failed: oops' },
    ]);
    expect(notAlive()).toEqual([{ check: 'consumer', problem: 'no heartbeat for 60 s' }]);
  });
});
