/**
 * Golden vectors: rows made from the model's own thresholds, with margin and contributions as XGBoost computed them when the
 * model was trained. Both of our computations must still agree with them before the model may score.
 */
import type { ShapKernel } from '../../domain/scoring/shap.ts';
import { ModelRefusedError } from './files.ts';
import type { MarginSession } from './onnx.ts';

/** Largest difference of a margin or a contribution; float32 sums of some hundred trees stay well below. */
export const GOLDEN_TOLERANCE = 1e-4;
const LEAST_ROWS = 64;

export interface Golden {
  /** Row-major; NaN is unknown. */
  readonly rows: Float32Array;
  readonly count: number;
  readonly margins: readonly number[];
  /** Per row, one contribution an input and the base value last. */
  readonly contributions: readonly (readonly number[])[];
}

/** Reads golden vectors of `width` inputs. Throws {@link ModelRefusedError}. */
export function parseGolden(document: unknown, width: number): Golden {
  const { rows, margins, contributions } = (document ?? {}) as Partial<Record<string, unknown>>;
  if (
    !isTable(rows, width, true) ||
    !isTable(contributions, width + 1, false) ||
    !isTable([margins], rows.length, false)
  ) {
    throw new ModelRefusedError('golden', 'rows, margins and contributions do not fit together');
  }
  if (rows.length < LEAST_ROWS) throw new ModelRefusedError('golden', `${rows.length} rows, fewer than ${LEAST_ROWS}`);
  return {
    rows: Float32Array.from(rows.flat(), (value) => value ?? Number.NaN),
    count: rows.length,
    margins: margins as readonly number[],
    contributions: contributions as readonly (readonly number[])[],
  };
}

/** Largest differences between what we compute on the golden rows and what XGBoost did. */
export interface GoldenErrors {
  readonly margin: number;
  readonly contribution: number;
  readonly baseValue: number;
}

/** Computes the golden rows through ONNX and the kernel. */
export async function compareGolden(golden: Golden, session: MarginSession, kernel: ShapKernel): Promise<GoldenErrors> {
  const { rows, count, margins, contributions } = golden;
  const width = rows.length / count;
  const computed = await session.margins(rows, count);
  const explained = new Float64Array(count * width);
  kernel.explain(rows, count, explained);
  const worst = (differences: readonly number[]): number => differences.reduce((a, b) => Math.max(a, b), 0);
  return {
    margin: worst(margins.map((margin, row) => Math.abs(margin - computed[row]!))),
    contribution: worst(
      contributions.flatMap((line, row) =>
        line.slice(0, width).map((c, i) => Math.abs(c - explained[row * width + i]!)),
      ),
    ),
    baseValue: worst(contributions.map((line) => Math.abs(line[width]! - kernel.baseValue))),
  };
}

/** Throws {@link ModelRefusedError} if any error is over {@link GOLDEN_TOLERANCE}, or is no number. */
export function assertGolden(errors: GoldenErrors): void {
  for (const [what, error] of Object.entries(errors)) {
    if (error <= GOLDEN_TOLERANCE) continue;
    throw new ModelRefusedError('golden', `${what} differs from XGBoost's by ${error}, more than ${GOLDEN_TOLERANCE}`);
  }
}

function isTable(value: unknown, width: number, nulls: boolean): value is (number | null)[][] {
  const isCell = (cell: unknown): boolean => (nulls && cell === null) || Number.isFinite(cell);
  return Array.isArray(value) && value.every((row) => Array.isArray(row) && row.length === width && row.every(isCell));
}
