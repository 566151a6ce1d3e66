import { expect, it } from 'vitest';
import { distributionOf, latencyOf, since } from './latency.ts';

const exposition = (...cumulative: number[]) =>
  [
    '# TYPE pde_end_to_end_ms histogram',
    ...[10, 20, 40, '+Inf'].map(
      (le, i) => `pde_end_to_end_ms_bucket{le="${le}",service="interventions"} ${cumulative[i]}`,
    ),
    'pde_end_to_end_ms_sum{service="interventions"} 9000',
    `pde_end_to_end_ms_count{service="interventions"} ${cumulative.at(-1)}`,
    'pde_other_bucket{le="10"} 3',
  ].join('\n');

it('reads percentiles from the buckets of the histogram', () => {
  const latency = latencyOf(distributionOf(exposition(0, 80, 100, 100)));
  expect(latency).toEqual({ p50: 16.25, p95: 35, p99: 39, max: 40, count: 100 });
});

it('takes away what was there before', () => {
  const before = distributionOf(exposition(0, 70, 70, 70));
  const now = distributionOf(exposition(0, 70, 74, 74));
  expect(latencyOf(since(before, now))).toMatchObject({ p50: 30, max: 40, count: 4 });
  expect(latencyOf(since([], now))).toMatchObject({ count: 74 });
});

it('is nothing where nothing was measured', () => {
  expect(latencyOf(distributionOf('other 1\n'))).toBeNull();
  const same = distributionOf(exposition(0, 80, 100, 100));
  expect(latencyOf(since(same, same))).toBeNull();
});
