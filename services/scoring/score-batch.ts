/**
 * Vectors to explained scores, by one model for the whole batch. Margins come in micro-batches with those of other calls
 * (model/gather.ts), explanations and assessments in slices; where rows are more than a few each has a turn of the event loop to
 * itself (slices.ts), and none blocks it for over 5 ms. A row's bits are the same in any batch (I6).
 */
import { assess, type Explained, type Outcome } from '../domain/scoring/assessment.ts';
import { gatherInputs, scatterContributions } from '../domain/scoring/binding.ts';
import type { Model } from './model/load.ts';
import { FEW_ROWS, ownTurn } from './slices.ts';

/** One vector's computation, and the score or refusal that it led to (I7). */
export interface ScoredVector {
  readonly explained: Explained;
  readonly outcome: Outcome;
}

/** Scores vectors (each in the order of the catalogue), in order. */
export async function scoreBatch(model: Model, vectors: readonly Float64Array[]): Promise<ScoredVector[]> {
  const width = model.binding.places.length;
  const { sliceRows } = model.kernel;
  const inputs = new Float32Array(vectors.length * width);
  for (const [row, values] of vectors.entries()) gatherInputs(model.binding, values, inputs, row);
  const margins = await model.session.margins(inputs, vectors.length);
  const scored: ScoredVector[] = [];
  for (let at = 0; at < vectors.length; at += sliceRows) {
    const count = Math.min(sliceRows, vectors.length - at);
    const block = new Float64Array(count * width);
    if (at > 0 || count > FEW_ROWS) await ownTurn();
    model.kernel.explain(inputs.subarray(at * width), count, block);
    if (count > FEW_ROWS) await ownTurn();
    for (let row = 0; row < count; row++) {
      const contributions = scatterContributions(model.binding, block, row);
      scored.push(assessed(model, vectors[at + row]!, contributions, margins[at + row]!));
    }
  }
  return scored;
}

function assessed(model: Model, values: Float64Array, contributions: Float64Array, margin: number): ScoredVector {
  const explained: Explained = { values, contributions, baseValue: model.kernel.baseValue, margin };
  return { explained, outcome: assess(model.catalogue.names, explained, model.calibration, model.policy) };
}
