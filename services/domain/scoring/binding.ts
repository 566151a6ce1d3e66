/**
 * How a model's inputs lie in the catalogue: bound by name and feature-set version, never by position alone.
 */
export interface Binding {
  /** For each input of the model, its place in the catalogue. */
  readonly places: Int32Array;
  /** How many features the catalogue has. */
  readonly catalogueSize: number;
}

/** The model cannot be fed from this catalogue; the message names the inputs that are missing. */
export class BindingError extends Error {
  override readonly name = 'BindingError';
}

/** Binds inputs to the catalogue. Throws {@link BindingError} if the catalogue lacks one, or has one twice. */
export function bindInputs(inputs: readonly string[], catalogue: readonly string[]): Binding {
  const missing = inputs.filter((name) => !catalogue.includes(name));
  if (missing.length > 0) throw new BindingError(`the feature catalogue has no ${missing.join(', ')}`);
  if (new Set(inputs).size !== inputs.length) throw new BindingError('an input is named twice');
  return { places: Int32Array.from(inputs, (name) => catalogue.indexOf(name)), catalogueSize: catalogue.length };
}

/** Writes a vector's inputs into row `row` of a row-major float32 block; NaN stays NaN. */
export function gatherInputs(binding: Binding, values: Float64Array, block: Float32Array, row: number): void {
  const { places } = binding;
  const start = row * places.length;
  for (let i = 0; i < places.length; i++) block[start + i] = values[places[i]!]!;
}

/** Row `row` of a block of contributions, in the order of the catalogue; 0 where the model has no such input. */
export function scatterContributions(binding: Binding, block: Float64Array, row: number): Float64Array {
  const { places, catalogueSize } = binding;
  const contributions = new Float64Array(catalogueSize);
  for (let i = 0; i < places.length; i++) contributions[places[i]!] = block[row * places.length + i]!;
  return contributions;
}
