/**
 * Models that were in force before: a score is explained further by the very model that made it (I6), and a promotion must not end
 * that. One of them is kept loaded, the one asked for last.
 */
import type { Logger } from '../../platform/telemetry/logger.ts';
import { ModelRefusedError } from '../model/files.ts';
import type { Model } from '../model/load.ts';
import type { ModelFolders } from './folders.ts';
import { createModelsInForce, type ModelsInForce } from './in-force.ts';
import type { PromotionRecord } from './record.ts';

export interface ModelArchive {
  /**
   * Runs the work with the model of this identity: the one in force, or one that was. Null where the record names none such, or its
   * files are not what they were.
   *
   * @param onnxSha256 hexadecimal
   */
  using<T>(onnxSha256: string, work: (model: Model | null) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface ArchiveOptions {
  readonly models: ModelsInForce;
  readonly record: PromotionRecord;
  readonly folders: ModelFolders;
  readonly log: Pick<Logger, 'warn' | 'error'>;
}

export function createModelArchive({ models, record, folders, log }: ArchiveOptions): ModelArchive {
  let kept: ModelsInForce | null = null;
  let work: Promise<unknown> = Promise.resolve();

  /** The slot, once it holds the model; null where there is no such model. */
  async function slotOf(onnxSha256: string): Promise<ModelsInForce | null> {
    if (models.current().onnxSha256 === onnxSha256) return models;
    if (kept?.current().onnxSha256 === onnxSha256) return kept;
    const { promotions } = await record.standing();
    const known = promotions.findLast((promotion) => promotion.onnxSha256 === onnxSha256);
    if (known === undefined) return null;
    try {
      const model = await folders.load(known, known.manifestSha256);
      if (kept === null) kept = createModelsInForce(model, log);
      else kept.replace(model);
      return kept;
    } catch (cause) {
      if (!(cause instanceof ModelRefusedError)) throw cause;
      log.warn({ event: 'model-before-not-loaded', name: known.name, version: known.version, why: cause.message });
      return null;
    }
  }

  return {
    async using(onnxSha256, run) {
      // One look at a time, so that no model is loaded twice; the work itself then holds what was found.
      const looked = work.then(async () => {
        const slot = await slotOf(onnxSha256);
        const checked = (model: Model) => run(model.onnxSha256 === onnxSha256 ? model : null);
        return { done: slot === null ? run(null) : slot.using(checked) };
      });
      work = looked.then(
        () => undefined,
        () => undefined,
      );
      return await (await looked).done;
    },
    close: async () => await kept?.close(),
  };
}
