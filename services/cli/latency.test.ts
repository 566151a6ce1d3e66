import { expect, it } from 'vitest';
import { latencyOf } from './latency.ts';

it('reads the quantiles of the summary', () => {
  const text = [
    '# TYPE pde_end_to_end_ms summary',
    'pde_end_to_end_ms{quantile="0.5",service="interventions"} 12.5',
    'pde_end_to_end_ms{quantile="0.95",service="interventions"} 40',
    'pde_end_to_end_ms{quantile="0.99",service="interventions"} 61.25',
    'pde_end_to_end_ms_sum{service="interventions"} 9000',
    'pde_end_to_end_ms_count{service="interventions"} 600',
  ].join('\n');
  expect(latencyOf(text)).toEqual({ p50: 12.5, p95: 40, p99: 61.25, count: 600 });
});

it('is nothing where nothing was measured', () => {
  expect(latencyOf('pde_end_to_end_ms_count 0\n')).toBeNull();
  expect(latencyOf('other 1\n')).toBeNull();
});
