/** Columns of values, as tables hold them, through a model that takes rows. */
import { calibrate } from '../../domain/scoring/calibration.ts';
import type { Model } from './load.ts';

/** The first `count` values of every column, row by row: what a session and a forest read. */
export function rowMajor(columns: readonly Float32Array[], count: number): Float32Array {
  const width = columns.length;
  const block = new Float32Array(count * width);
  for (const [place, column] of columns.entries()) {
    for (let row = 0; row < count; row++) block[row * width + place] = column[row]!;
  }
  return block;
}

/** Calibrated probability of each row, by the session that serves the model. @param columns of the model's inputs, in their order */
export async function calibratedProbabilities(
  { session, calibration }: Pick<Model, 'session' | 'calibration'>,
  columns: readonly Float32Array[],
  count: number,
): Promise<Float64Array> {
  const margins = await session.margins(rowMajor(columns, count), count);
  return Float64Array.from(margins, (margin) => calibrate(calibration, margin));
}
