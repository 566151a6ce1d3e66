/** The model that ships, and its golden rows as vectors of the catalogue: for tests that must hold for whatever model ships. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Forest, parseForest } from '../../domain/scoring/forest.ts';
import { DEFAULT_MODEL_DIR } from '../config.ts';
import { CATALOGUE_NAMES } from './catalogue-names.ts';
import { parseGolden } from './golden.ts';
import { loadModel, type Model } from './load.ts';

/** The default model's folder. */
export const SHIPPED = join(import.meta.dirname, '..', '..', '..', DEFAULT_MODEL_DIR);

export function loadShipped(): Promise<Model> {
  return loadModel(SHIPPED, CATALOGUE_NAMES, 0);
}

/** The trees behind the model's kernel. */
export function shippedForest(): Forest {
  return parseForest(readJson('forest.json'));
}

/** Rows made from the model's own thresholds, NaN and ties included; NaN where the model has no such input. */
export function goldenVectors(model: Model): Float64Array[] {
  const width = model.manifest.inputs.length;
  const golden = parseGolden(readJson('golden.json'), width);
  return Array.from({ length: golden.count }, (_, row) => {
    const values = new Float64Array(CATALOGUE_NAMES.names.length).fill(Number.NaN);
    for (const [i, place] of model.binding.places.entries()) values[place] = golden.rows[row * width + i]!;
    return values;
  });
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(SHIPPED, file), 'utf8'));
}
