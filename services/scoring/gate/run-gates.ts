/** Loads both models by the engine's own loader, measures them on the table's rows, and judges. */
import { BOOTSTRAP_SAMPLES } from '../../domain/gates/bounds.ts';
import type { Candidate, Champion, Unusable } from '../../domain/gates/evidence.ts';
import { judge } from '../../domain/gates/judge.ts';
import { levelChanges } from '../../domain/gates/levels.ts';
import { type GateReport, gateReport, type JudgedModel } from '../../domain/gates/report.ts';
import { CATALOGUE_NAMES } from '../model/catalogue-names.ts';
import { calibratedProbabilities } from '../model/columns.ts';
import { type Manifest, type ModelCheck, ModelRefusedError, readManifest } from '../model/files.ts';
import { loadModel, type Model } from '../model/load.ts';
import { inputsOf, measureCandidate } from './measure.ts';
import { GateInputError, type GateRows, readGateRows } from './rows.ts';

export interface GateRun {
  /** Folders of models. */
  readonly candidate: string;
  /** Null: there is no champion yet. */
  readonly champion: string | null;
  /** A table (Parquet). */
  readonly table: string;
  readonly seed: number;
  readonly samples?: number;
  /** Told what is being done. */
  readonly progress: (line: string) => void;
}

/**
 * @throws GateInputError for a table that cannot be used, a candidate without a manifest or a champion that does not load; TableError
 *   for a file that is no table
 */
export async function runGates(run: GateRun): Promise<GateReport> {
  const { seed, samples = BOOTSTRAP_SAMPLES, progress } = run;
  progress(`reading ${run.table}`);
  const rows = await readGateRows(run.table, CATALOGUE_NAMES.version, CATALOGUE_NAMES.names);
  progress(`${rows.count} rows of ${rows.customerCount} customers, ${rows.positives} missed`);
  const champion = run.champion === null ? null : await measuredChampion(run.champion, rows);
  const { judged, features, candidate } = await measuredCandidate(run.candidate, rows, seed);
  progress(`judging ${judged.name}/${judged.version}`);
  const evidence = { rows: { ...rows, features }, engineFeatureSetVersion: CATALOGUE_NAMES.version, samples, seed };
  return gateReport(judge(candidate, champion, evidence), {
    candidate: judged,
    champion: champion?.judged ?? null,
    featureSetVersion: CATALOGUE_NAMES.version,
    table: { sha256: rows.sha256, rows: rows.count, positives: rows.positives, customers: rows.customerCount },
    levels: champion === null || candidate.kind === 'unusable' ? null : levelsOf(candidate, champion),
    bootstrap: { samples, seed },
  });
}

function levelsOf(candidate: MeasuredCandidate, champion: MeasuredChampion): GateReport['levels'] {
  const { raised, lowered } = levelChanges(candidate, champion);
  return { raised, lowered, championPolicy: champion.policyVersion, candidatePolicy: candidate.policyVersion };
}

/** A candidate with the version of its scoring policy. */
type MeasuredCandidate = Candidate & { readonly policyVersion: string };

interface MeasuredChampion extends Champion {
  readonly judged: JudgedModel;
  readonly actionProbability: number;
  readonly policyVersion: string;
}

async function measuredCandidate(directory: string, rows: GateRows, seed: number) {
  const { manifest, manifestSha256 } = await readManifest(directory).catch(refusedInput);
  const judged = judgedOf(manifest, manifestSha256);
  const none: ReadonlyMap<string, Float32Array> = new Map();
  const model = await loadModel(directory, CATALOGUE_NAMES, 0).catch(unusableOf);
  if ('kind' in model) return { judged, features: none, candidate: model };
  try {
    if (rows.columns.length === 0) return { judged, features: none, candidate: otherTable(rows) };
    const columns = inputsOf(model, rows);
    const features = new Map(manifest.inputs.map((name, i) => [name, columns[i]!]));
    const measured = await measureCandidate(model, rows, seed);
    const candidate: MeasuredCandidate = { ...measured, policyVersion: model.policy.version };
    return { judged, features, candidate };
  } finally {
    await model.release();
  }
}

async function measuredChampion(directory: string, rows: GateRows): Promise<MeasuredChampion> {
  const model = await loadModel(directory, CATALOGUE_NAMES, 0).catch(refusedInput);
  try {
    const { name, version } = model.manifest;
    const probabilities =
      rows.columns.length === 0 ? [] : await calibratedProbabilities(model, inputsOf(model, rows), rows.count);
    const { version: policyVersion, actionProbability } = model.policy;
    const judged = judgedOf(model.manifest, model.manifestSha256);
    return { name, version, probabilities, judged, actionProbability, policyVersion };
  } finally {
    await model.release();
  }
}

function judgedOf({ name, version }: Manifest, manifestSha256: string): JudgedModel {
  return { name, version, manifestSha256 };
}

const GATE_OF_CHECK: Readonly<Record<ModelCheck, Unusable['gate']>> = {
  manifest: 'artefacts',
  hash: 'artefacts',
  forest: 'artefacts',
  calibration: 'artefacts',
  policy: 'artefacts',
  onnx: 'artefacts',
  binding: 'feature_set',
  golden: 'parity',
};

/** A model that the engine would not load is a verdict, not an error. */
function unusableOf(cause: unknown): Unusable | Model {
  if (!(cause instanceof ModelRefusedError)) throw cause;
  return { kind: 'unusable', gate: GATE_OF_CHECK[cause.check], why: cause.message };
}

function otherTable({ featureSetVersion }: GateRows): Unusable {
  const [table, engine] = [featureSetVersion, CATALOGUE_NAMES.version];
  return {
    kind: 'unusable',
    gate: 'feature_set',
    why: `the table is of feature set ${table}, the engine computes ${engine}`,
  };
}

function refusedInput(cause: unknown): never {
  if (cause instanceof ModelRefusedError) throw new GateInputError(cause.message, { cause });
  throw cause;
}
