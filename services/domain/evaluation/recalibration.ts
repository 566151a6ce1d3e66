/**
 * Logistic recalibration (Cox, 1958): the slope b and intercept a for which log-odds a + b x log-odds(p) fit the labels best. b = 1
 * and a = 0 where p is right; b under 1 says that p is too extreme, above 1 that it is too timid. Fitted by Newton's method, a step
 * halved until the likelihood rises.
 */
import { logOdds } from './probabilities.ts';
import { type Column, checkProbabilities } from './rows.ts';

export interface Recalibration {
  readonly slope: number;
  readonly intercept: number;
}

const MAX_STEPS = 100;
const TOLERANCE = 1e-9;
/** A sum of losses is exact to this share of it: less is no rise. */
const ROUNDING = 1e-12;
/** Beyond this the labels are separated by the probabilities, and the likelihood has no maximum. */
const LARGEST_SLOPE = 1e4;

/** The slope of {@link recalibrate}. */
export function calibrationSlope(probabilities: Column, labels: Column, weights?: Column): number {
  return recalibrate(probabilities, labels, weights).slope;
}

/** Slope and intercept; both NaN where no finite fit exists: one class only, all probabilities equal, or classes separated. */
export function recalibrate(probabilities: Column, labels: Column, weights?: Column): Recalibration {
  checkProbabilities(probabilities, labels);
  const x = Float64Array.from(probabilities, logOdds);
  let at: Recalibration = { slope: 1, intercept: 0 };
  let now = derivatives(x, labels, at, weights);
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const step = newtonStep(now);
    if (step === null || Math.abs(at.slope) > LARGEST_SLOPE) break;
    if (Math.abs(step.slope) + Math.abs(step.intercept) < TOLERANCE) return at;
    for (let share = 1; ; share /= 2) {
      const next = { slope: at.slope + share * step.slope, intercept: at.intercept + share * step.intercept };
      const there = derivatives(x, labels, next, weights);
      if (there.loss <= now.loss * (1 + ROUNDING)) {
        at = next;
        now = there;
        break;
      }
      // The likelihood is flat to the last bit: this is its maximum.
      if (share < TOLERANCE) return at;
    }
  }
  return { slope: Number.NaN, intercept: Number.NaN };
}

/** Loss (sum, nats), its gradient and its Hessian at a point. */
interface Derivatives {
  readonly loss: number;
  readonly gradient: readonly [intercept: number, slope: number];
  readonly hessian: readonly [aa: number, ab: number, bb: number];
}

function derivatives(x: Float64Array, labels: Column, at: Recalibration, weights?: Column): Derivatives {
  let loss = 0;
  const gradient: [number, number] = [0, 0];
  const hessian: [number, number, number] = [0, 0, 0];
  for (let row = 0; row < x.length; row++) {
    const weight = weights === undefined ? 1 : weights[row]!;
    if (weight === 0) continue;
    const z = at.intercept + at.slope * x[row]!;
    // ln(1 + e^z), without overflow.
    loss += weight * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - labels[row]! * z);
    const p = 1 / (1 + Math.exp(-z));
    const slack = weight * (p - labels[row]!);
    const curve = weight * p * (1 - p);
    gradient[0] += slack;
    gradient[1] += slack * x[row]!;
    hessian[0] += curve;
    hessian[1] += curve * x[row]!;
    hessian[2] += curve * x[row]! * x[row]!;
  }
  return { loss, gradient, hessian };
}

/** Null where the curvature does not determine both. */
function newtonStep({ gradient: [ga, gb], hessian: [aa, ab, bb] }: Derivatives): Recalibration | null {
  const determinant = aa * bb - ab * ab;
  if (!(determinant > 1e-12 * aa * bb)) return null;
  return { intercept: -(bb * ga - ab * gb) / determinant, slope: -(aa * gb - ab * ga) / determinant };
}
