/** Loads a model and proves it before it may score: hashes, forest, calibration, policy, binding, ONNX, golden vectors. */
import { type Binding, bindInputs } from '../../domain/scoring/binding.ts';
import { type Calibration, parseCalibration } from '../../domain/scoring/calibration.ts';
import { type Forest, parseForest } from '../../domain/scoring/forest.ts';
import { createFastShap } from '../../domain/scoring/kernel/fast-shap.ts';
import { parseScoringPolicy, type ScoringPolicy } from '../../domain/scoring/policy.ts';
import type { ShapKernel } from '../../domain/scoring/shap.ts';
import { checked, jsonOf, type Manifest, type ModelFiles, ModelRefusedError, readModelFiles } from './files.ts';
import { assertGolden, compareGolden, type GoldenErrors, parseGolden } from './golden.ts';
import { createMarginSession, type MarginSession } from './onnx.ts';

/** The catalogue that a model's inputs are bound to, by name and version. */
export interface CatalogueNames {
  readonly version: string;
  /** All features, in order. */
  readonly names: readonly string[];
}

export interface Model {
  readonly manifest: Manifest;
  /** SHA-256 of the manifest, hexadecimal: the identity of the whole folder. */
  readonly manifestSha256: string;
  /** SHA-256 of the ONNX file, hexadecimal: the model's identity in every score. */
  readonly onnxSha256: string;
  readonly catalogue: CatalogueNames;
  readonly binding: Binding;
  readonly calibration: Calibration;
  readonly policy: ScoringPolicy;
  readonly session: MarginSession;
  /** The trees that the kernel explains. */
  readonly forest: Forest;
  readonly kernel: ShapKernel;
  readonly goldenErrors: GoldenErrors;
  readonly loadedMs: number;
  release(): Promise<void>;
}

/** Throws {@link ModelRefusedError}, whose message names the check that failed. */
export async function loadModel(directory: string, catalogue: CatalogueNames, nowMs: number): Promise<Model> {
  const files = await readModelFiles(directory);
  const { manifest, manifestSha256 } = files;
  const forest = await checked('forest', () => forestOf(files));
  const calibration = await checked('calibration', () => parseCalibration(jsonOf(files, 'calibration.json')));
  const policy = await checked('policy', () => parseScoringPolicy(jsonOf(files, 'policy.json')));
  const binding = await checked('binding', () => bind(manifest, catalogue));
  const golden = await checked('golden', () => parseGolden(jsonOf(files, 'golden.json'), manifest.inputs.length));
  const kernel = createFastShap(forest);
  const session = await checked('onnx', () =>
    createMarginSession(files.contents['model.onnx'], manifest.inputs.length),
  );
  try {
    const goldenErrors = await checked('golden', () => compareGolden(golden, session, kernel));
    assertGolden(goldenErrors);
    const onnxSha256 = manifest.files['model.onnx']!;
    const release = () => session.release();
    return {
      manifest,
      manifestSha256,
      onnxSha256,
      catalogue,
      binding,
      calibration,
      policy,
      session,
      forest,
      kernel,
      goldenErrors,
      loadedMs: nowMs,
      release,
    };
  } catch (cause) {
    await session.release();
    throw cause;
  }
}

function forestOf(files: ModelFiles): Forest {
  const forest = parseForest(jsonOf(files, 'forest.json'));
  if (forest.features.join() !== files.manifest.inputs.join()) {
    throw new ModelRefusedError('forest', 'its features are not the inputs that the manifest names, in order');
  }
  return forest;
}

function bind(manifest: Manifest, catalogue: CatalogueNames): Binding {
  if (manifest.featureSetVersion !== catalogue.version) {
    throw new ModelRefusedError(
      'binding',
      `it was trained on feature set ${manifest.featureSetVersion}, this engine computes ${catalogue.version}`,
    );
  }
  return bindInputs(manifest.inputs, catalogue.names);
}
