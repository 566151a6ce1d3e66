/** Calibrated probabilities of evaluation rows, by the session that serves the model. */
import { calibrate } from '../../domain/scoring/calibration.ts';
import type { Model } from '../model/load.ts';
import type { EvaluationRows } from './rows.ts';

/** Rows of one ONNX run. A row's bits are the same in any batch (I6). */
const ROWS_A_RUN = 1024;

/** @param rows hold every input of the model */
export async function probabilitiesOf(model: Model, rows: EvaluationRows): Promise<Float64Array> {
  const inputs = model.manifest.inputs.map((name) => rows.features.get(name)!);
  const width = inputs.length;
  const block = new Float32Array(ROWS_A_RUN * width);
  const probabilities = new Float64Array(rows.count);
  for (let from = 0; from < rows.count; from += ROWS_A_RUN) {
    const count = Math.min(ROWS_A_RUN, rows.count - from);
    for (const [i, values] of inputs.entries()) {
      for (let row = 0; row < count; row++) block[row * width + i] = values[from + row]!;
    }
    const margins = await model.session.margins(block, count);
    for (let row = 0; row < count; row++) probabilities[from + row] = calibrate(model.calibration, margins[row]!);
  }
  return probabilities;
}
