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

/** What a score says of its model. Two versions may share an ONNX file and differ in calibration. */
export interface ModelIdentity {
  readonly modelName: string;
  readonly modelVersion: string;
  /** SHA-256 of the ONNX file, hexadecimal. */
  readonly modelSha256: string;
}

export interface ModelArchive {
  /**
   * Runs the work with the model of this identity: the one in force, or one that was. Null where the record names none such, or its
   * files are not what they were.
   */
  using<T>(identity: ModelIdentity, work: (model: Model | null) => Promise<T>): Promise<T>;
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
  async function slotOf(identity: ModelIdentity): Promise<ModelsInForce | null> {
    if (isOf(identity, models.current())) return models;
    if (kept !== null && isOf(identity, kept.current())) return kept;
    const { promotions } = await record.standing();
    const known = promotions.find(
      ({ name, version }) => name === identity.modelName && version === identity.modelVersion,
    );
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
    async using(identity, run) {
      // One look at a time, so that no model is loaded twice; the work itself then holds what was found.
      const looked = work.then(async () => {
        const slot = await slotOf(identity);
        const checked = (model: Model) => run(isOf(identity, model) ? model : null);
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

function isOf({ modelName, modelVersion, modelSha256 }: ModelIdentity, { manifest, onnxSha256 }: Model): boolean {
  return manifest.name === modelName && manifest.version === modelVersion && onnxSha256 === modelSha256;
}
