/**
 * The model in force. A call holds one model from its first row to its last, whatever is put in force meanwhile, so that no batch
 * mixes two; a model that is replaced is released once the last call that holds it has ended.
 */
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Model } from '../model/load.ts';

export interface ModelsInForce {
  /** The model in force, to name it. To compute with it, hold it by {@link using}. */
  current(): Model;
  /** Runs the work with the model in force, which stays loaded until the work has ended. */
  using<T>(work: (model: Model) => Promise<T>): Promise<T>;
  /** Puts a loaded model in force for every call from now on. */
  replace(next: Model): void;
  /** Releases the model in force, once it is free, and resolves when every model is released. */
  close(): Promise<void>;
}

interface Held {
  readonly model: Model;
  /** Calls that hold it. */
  users: number;
  retired: boolean;
}

export function createModelsInForce(first: Model, log: Pick<Logger, 'error'>): ModelsInForce {
  let held: Held = { model: first, users: 0, retired: false };
  let unreleased = 1;
  const allReleased = Promise.withResolvers<void>();

  async function releaseIfFree(one: Held): Promise<void> {
    if (!one.retired || one.users > 0) return;
    const { name, version } = one.model.manifest;
    try {
      await one.model.release();
    } catch (cause) {
      log.error({ event: 'model-release-failed', name, version, cause });
    }
    unreleased--;
    if (unreleased === 0) allReleased.resolve();
  }

  function retire(one: Held): void {
    one.retired = true;
    void releaseIfFree(one);
  }

  return {
    current: () => held.model,
    async using(work) {
      const own = held;
      own.users++;
      try {
        return await work(own.model);
      } finally {
        own.users--;
        void releaseIfFree(own);
      }
    },
    replace(next) {
      const before = held;
      held = { model: next, users: 0, retired: false };
      unreleased++;
      retire(before);
    },
    async close() {
      if (!held.retired) retire(held);
      await allReleased.promise;
    },
  };
}
