/**
 * Gauss-Legendre quadrature on [0, 1]: with q points exact for polynomials up to degree 2 q - 1 (Abramowitz and Stegun,
 * 25.4.29). Roots of the Legendre polynomial by Newton's method from the usual cosine start.
 */
export interface Quadrature {
  readonly points: Float64Array;
  readonly weights: Float64Array;
}

/** The rule with `count` points, 1 to 16. */
export function gaussLegendre(count: number): Quadrature {
  const points = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    for (let step = 0; step < NEWTON_STEPS; step++) {
      const { value, slope } = legendre(count, x);
      x -= value / slope;
    }
    const { slope } = legendre(count, x);
    points[i] = (1 + x) / 2;
    weights[i] = 1 / ((1 - x * x) * slope * slope);
  }
  return { points, weights };
}

/** From the cosine start the error squares in each; far more than double precision needs. */
const NEWTON_STEPS = 10;

/** The Legendre polynomial of `degree` and its derivative, by the three-term recurrence. */
function legendre(degree: number, x: number): { value: number; slope: number } {
  let before = 1;
  let value = x;
  for (let n = 2; n <= degree; n++) {
    const next = ((2 * n - 1) * x * value - (n - 1) * before) / n;
    before = value;
    value = next;
  }
  return { value, slope: (degree * (x * value - before)) / (x * x - 1) };
}
