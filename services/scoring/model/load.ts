/** Loads a model and proves it before it may score: hashes, forest, calibration, policy, binding, ONNX, golden vectors. */
import { type Binding, bindInputs } from '../../domain/scoring/binding.ts';
import type { Calibration } from '../../domain/scoring/calibration.ts';
import type { Forest } from '../../domain/scoring/forest.ts';
import { fastShapOf } from '../../domain/scoring/kernel/fast-shap.ts';
import type { ScoringPolicy } from '../../domain/scoring/policy.ts';
import type { ShapKernel } from '../../domain/scoring/shap.ts';
import { checked, type Manifest, ModelRefusedError } from './files.ts';
import { assertGolden, compareGolden, type GoldenErrors } from './golden.ts';
import { createMarginSession, type MarginSession } from './onnx.ts';
import { type PreparedModel, prepareModel } from './prepare.ts';

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

/**
 * Throws {@link ModelRefusedError}, whose message names the check that failed.
 *
 * @param prepare reads and compiles the folder: here, or on a thread of its own where calls are being answered meanwhile
 */
export async function loadModel(
  directory: string,
  catalogue: CatalogueNames,
  nowMs: number,
  prepare: (directory: string) => Promise<PreparedModel> = prepareModel,
): Promise<Model> {
  const { manifest, manifestSha256, onnx, forest, program, calibration, policy, golden } = await prepare(directory);
  const binding = await checked('binding', () => bind(manifest, catalogue));
  const kernel = fastShapOf(forest, program);
  const session = await checked('onnx', () => createMarginSession(onnx, manifest.inputs.length));
  try {
    const goldenErrors = await checked('golden', () => compareGolden(golden, session, kernel));
    assertGolden(goldenErrors);
    return {
      ...{
        manifest,
        manifestSha256,
        onnxSha256: manifest.files['model.onnx']!,
        catalogue,
        binding,
        calibration,
        policy,
      },
      ...{ session, forest, kernel, goldenErrors, loadedMs: nowMs },
      release: () => session.release(),
    };
  } catch (cause) {
    await session.release();
    throw cause;
  }
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
