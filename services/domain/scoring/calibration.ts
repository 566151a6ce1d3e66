/**
 * Margin to calibrated probability. Both forms are strictly rising, so that order by margin and by probability is the same:
 * - platt: log-odds = slope x margin + intercept (Platt, 1999), slope above 0;
 * - isotonic: log-odds are piecewise linear in the margin through points fitted by pooled adjacent violators (Zadrozny and
 *   Elkan, 2002); outside of the outermost points they go on with slope 1, as the model itself would.
 */
export type Calibration =
  | { readonly kind: 'platt'; readonly slope: number; readonly intercept: number }
  | { readonly kind: 'isotonic'; readonly margins: readonly number[]; readonly logOdds: readonly number[] };

/** The calibration is not a rising function; the message names what is wrong. */
export class InvalidCalibrationError extends Error {
  override readonly name = 'InvalidCalibrationError';
}

/** Reads a calibration. Throws {@link InvalidCalibrationError}. */
export function parseCalibration(document: unknown): Calibration {
  const candidate = document as Partial<Record<string, unknown>> | null;
  if (candidate?.kind === 'platt') return readPlatt(candidate.slope, candidate.intercept);
  if (candidate?.kind === 'isotonic') return readIsotonic(candidate.margins, candidate.logOdds);
  throw new InvalidCalibrationError(`calibration: kind is ${String(candidate?.kind)}, neither platt nor isotonic`);
}

/** Probability of a miss within the model's horizon, in (0, 1). */
export function calibrate(calibration: Calibration, margin: number): number {
  return sigmoid(logOddsOf(calibration, margin));
}

function logOddsOf(calibration: Calibration, margin: number): number {
  switch (calibration.kind) {
    case 'platt':
      return calibration.slope * margin + calibration.intercept;
    case 'isotonic':
      return interpolate(calibration.margins, calibration.logOdds, margin);
    default:
      return calibration satisfies never;
  }
}

function interpolate(xs: readonly number[], ys: readonly number[], x: number): number {
  const last = xs.length - 1;
  if (x <= xs[0]!) return ys[0]! + (x - xs[0]!);
  if (x >= xs[last]!) return ys[last]! + (x - xs[last]!);
  let high = 1;
  while (xs[high]! < x) high++;
  const share = (x - xs[high - 1]!) / (xs[high]! - xs[high - 1]!);
  return ys[high - 1]! + share * (ys[high]! - ys[high - 1]!);
}

/** Kept off 0 and 1 by the smallest step, so that odds exist. */
function sigmoid(logOdds: number): number {
  const probability = 1 / (1 + Math.exp(-logOdds));
  return Math.min(Math.max(probability, Number.EPSILON), 1 - Number.EPSILON);
}

function readPlatt(slope: unknown, intercept: unknown): Calibration {
  if (typeof slope !== 'number' || !(slope > 0) || !Number.isFinite(slope)) {
    throw new InvalidCalibrationError(`calibration: slope is ${String(slope)}, not above 0`);
  }
  if (typeof intercept !== 'number' || !Number.isFinite(intercept)) {
    throw new InvalidCalibrationError(`calibration: intercept is ${String(intercept)}, not a number`);
  }
  return { kind: 'platt', slope, intercept };
}

function readIsotonic(margins: unknown, logOdds: unknown): Calibration {
  if (!isRising(margins) || !isRising(logOdds)) {
    throw new InvalidCalibrationError('calibration: margins and logOdds are not lists of strictly rising numbers');
  }
  if (margins.length !== logOdds.length || margins.length < 2) {
    throw new InvalidCalibrationError(
      `calibration: ${margins.length} margins and ${logOdds.length} logOdds, not 2 or more pairs`,
    );
  }
  return { kind: 'isotonic', margins, logOdds };
}

function isRising(values: unknown): values is readonly number[] {
  if (!Array.isArray(values)) return false;
  return values.every((value, i) => Number.isFinite(value) && (i === 0 || value > values[i - 1]));
}
