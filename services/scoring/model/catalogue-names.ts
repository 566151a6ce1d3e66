/** The catalogue that vectors of this engine follow, and that a model is loaded against. */
import { CATALOGUE, FEATURE_SET_VERSION } from '../../domain/features/catalogue.ts';
import type { CatalogueNames } from './load.ts';

export const CATALOGUE_NAMES: CatalogueNames = {
  version: FEATURE_SET_VERSION,
  names: CATALOGUE.map((feature) => feature.name),
};
