import { expect, test } from 'vitest';
import { gaussLegendre } from './quadrature.ts';

test.each([1, 2, 3, 4, 8, 16])(
  '%i points integrate every power up to twice their number, less one, exactly',
  (count) => {
    const { points, weights } = gaussLegendre(count);
    for (let power = 0; power < 2 * count; power++) {
      const integral = points.reduce((sum, point, i) => sum + weights[i]! * point ** power, 0);
      expect(integral).toBeCloseTo(1 / (power + 1), 14);
    }
  },
);
