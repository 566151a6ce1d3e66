import { describe, expect, test } from 'vitest';
import { createSilentLogger } from '../../platform/telemetry/logger.ts';
import type { Model } from '../model/load.ts';
import { createModelsInForce } from './in-force.ts';

/** A model that keeps count of its releases. */
function modelOf(version: string) {
  const seen = { releases: 0 };
  const model = {
    manifest: { name: 'm', version },
    release: async () => {
      seen.releases++;
    },
  } as unknown as Model;
  return { model, seen };
}

function setting() {
  const [one, two] = [modelOf('1'), modelOf('2')];
  return { one, two, models: createModelsInForce(one.model, createSilentLogger()) };
}

/** A call that ends when it is told to, and what it saw. */
function openCall(models: ReturnType<typeof createModelsInForce>) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const done = models.using(async (model) => {
    await promise;
    return model.manifest.version;
  });
  return { end: resolve, fail: reject, done };
}

describe('a model that is replaced', () => {
  test('goes on serving the calls that began with it, and is released after the last of them', async () => {
    const { one, two, models } = setting();
    const [first, second] = [openCall(models), openCall(models)];
    models.replace(two.model);
    expect(models.current()).toBe(two.model);
    first.end();
    expect(await first.done).toBe('1');
    expect(one.seen.releases).toBe(0);
    second.end();
    expect(await second.done).toBe('1');
    expect(one.seen.releases).toBe(1);
    expect(await models.using(async (model) => model.manifest.version)).toBe('2');
    expect(two.seen.releases).toBe(0);
  });

  test('is released at once where no call holds it, and after a call that failed', async () => {
    const { one, two, models } = setting();
    const failing = openCall(models);
    models.replace(two.model);
    failing.fail(new Error('no'));
    await expect(failing.done).rejects.toThrow('no');
    expect(one.seen.releases).toBe(1);
    models.replace(modelOf('3').model);
    expect(two.seen.releases).toBe(1);
  });
});

test('closing waits for the calls under way, and releases each model once', async () => {
  const { one, two, models } = setting();
  const call = openCall(models);
  models.replace(two.model);
  let closed = false;
  const closing = models.close().then(() => {
    closed = true;
  });
  await Promise.resolve();
  expect(closed).toBe(false);
  call.end();
  await closing;
  expect([one.seen.releases, two.seen.releases]).toEqual([1, 1]);
});
