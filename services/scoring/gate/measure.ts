/** A model's part of the evidence: what the engine's own ONNX and calibration say of the rows and of the sweeps. */
import { CATALOGUE } from '../../domain/features/catalogue.ts';
import type { Candidate } from '../../domain/gates/evidence.ts';
import { judgeSweeps, planSweeps } from '../../domain/gates/monotone-sweep.ts';
import { calibrate } from '../../domain/scoring/calibration.ts';
import { forestMargin } from '../../domain/scoring/forest.ts';
import { rowMajor } from '../model/columns.ts';
import type { Model } from '../model/load.ts';
import type { GateRows } from './rows.ts';

const DIRECTIONS = new Map(CATALOGUE.map(({ name, riskDirection }) => [name, riskDirection]));

/** Everything that the gates ask of a candidate. Same model, rows and seed, same answer. */
export async function measureCandidate(model: Model, rows: GateRows, seed: number): Promise<Candidate> {
  const { manifest, forest, policy, goldenErrors } = model;
  const columns = inputsOf(model, rows);
  const block = rowMajor(columns, rows.count);
  const margins = await model.session.margins(block, rows.count);
  const directions = manifest.inputs.map((name) => DIRECTIONS.get(name) ?? 0);
  const plan = planSweeps(forest, directions, columns, seed);
  const swept = await model.session.margins(plan.block, plan.count);
  return {
    kind: 'loaded',
    name: manifest.name,
    version: manifest.version,
    promotable: manifest.promotable,
    featureSetVersion: manifest.featureSetVersion,
    horizonDays: manifest.horizonDays,
    trainedOn: manifest.trainedOn,
    ...{ forest, directions, goldenErrors: { ...goldenErrors } },
    actionProbability: policy.actionProbability,
    probabilities: Float64Array.from(margins, (margin) => calibrate(model.calibration, margin)),
    marginDifference: margins.reduce(
      (worst, m, row) => Math.max(worst, Math.abs(m - forestMargin(forest, block, row))),
      0,
    ),
    sweep: judgeSweeps(forest, plan, swept),
  };
}

/** The rows' values of the model's inputs, in the order of its inputs. */
export function inputsOf(model: Model, rows: GateRows): readonly Float32Array[] {
  return Array.from(model.binding.places, (place) => rows.columns[place]!);
}
