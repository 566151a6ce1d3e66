/**
 * The part of loading a model that needs nothing but its folder: hashes, forest, calibration, policy, golden vectors, and the tables
 * of the explanation, which take most of the time. What comes out is plain data, so that a thread can make it for another.
 */
import { type Calibration, parseCalibration } from '../../domain/scoring/calibration.ts';
import { type Forest, parseForest } from '../../domain/scoring/forest.ts';
import { compileForest, type Program, type Unsuitable } from '../../domain/scoring/kernel/compile.ts';
import { MAX_TABLE_BYTES } from '../../domain/scoring/kernel/fast-shap.ts';
import { parseScoringPolicy, type ScoringPolicy } from '../../domain/scoring/policy.ts';
import { checked, jsonOf, type Manifest, type ModelFiles, ModelRefusedError, readModelFiles } from './files.ts';
import { type Golden, parseGolden } from './golden.ts';

export interface PreparedModel {
  readonly manifest: Manifest;
  /** Hexadecimal. */
  readonly manifestSha256: string;
  readonly onnx: Uint8Array;
  readonly forest: Forest;
  /** The explanation's tables, or why the forest has none. */
  readonly program: Program | Unsuitable;
  readonly calibration: Calibration;
  readonly policy: ScoringPolicy;
  readonly golden: Golden;
}

/** Throws {@link ModelRefusedError}, whose message names the check that failed. */
export async function prepareModel(directory: string): Promise<PreparedModel> {
  const files = await readModelFiles(directory);
  const { manifest, manifestSha256 } = files;
  const forest = await checked('forest', () => forestOf(files));
  const calibration = await checked('calibration', () => parseCalibration(jsonOf(files, 'calibration.json')));
  const policy = await checked('policy', () => parseScoringPolicy(jsonOf(files, 'policy.json')));
  const golden = await checked('golden', () => parseGolden(jsonOf(files, 'golden.json'), manifest.inputs.length));
  const program = compileForest(forest, MAX_TABLE_BYTES);
  return { manifest, manifestSha256, onnx: files.contents['model.onnx'], forest, program, calibration, policy, golden };
}

function forestOf(files: ModelFiles): Forest {
  const forest = parseForest(jsonOf(files, 'forest.json'));
  if (forest.features.join() !== files.manifest.inputs.join()) {
    throw new ModelRefusedError('forest', 'its features are not the inputs that the manifest names, in order');
  }
  return forest;
}
