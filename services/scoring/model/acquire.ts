/** The model in force, loaded against this engine's own catalogue. */
import { CATALOGUE, FEATURE_SET_VERSION } from '../../domain/features/catalogue.ts';
import type { ServiceScope } from '../../platform/lifecycle/scope.ts';
import { type CatalogueNames, loadModel, type Model } from './load.ts';

/** The catalogue that vectors of this engine follow. */
export const CATALOGUE_NAMES: CatalogueNames = {
  version: FEATURE_SET_VERSION,
  names: CATALOGUE.map((feature) => feature.name),
};

/** Loads and proves the model, and says so. @throws ModelRefusedError, whose message names the check that failed */
export async function acquireModel(scope: ServiceScope, directory: string): Promise<Model> {
  const model = await scope.acquire(
    'model',
    () => loadModel(directory, CATALOGUE_NAMES, Date.now()),
    (loaded) => loaded.release(),
  );
  const { name, version } = model.manifest;
  scope.log.info({ event: 'model-loaded', name, version, sha256: model.onnxSha256, goldenErrors: model.goldenErrors });
  scope.announce({ model: `${name}/${version}` });
  return model;
}
