import { expect, it } from 'vitest';
import { reportOf } from './table-rows.ts';

const machine = { cpu: 'A CPU', cores: 2, memory_gb: 24, load_average_1m: 0.12 };

it("tells a bench's figures beside what they are held against, with machine, date and versions", () => {
  const growth = {
    customers: [10_000, 1_000_000],
    cost_us: [410.4, 451.2],
    rate: 400,
    machine,
    versions: { node: 'v24.0.0' },
  };
  expect(reportOf(growth, '2026-11-26')).toMatchObject({
    command: '`bench:growth`',
    rows: [
      [
        'processor time a transaction at 400/s, 10,000 to 1,000,000 customers, each new to memory',
        '410, 451 us',
        '10 % between the cheapest and the dearest',
        'within 20 %',
      ],
    ],
    conditions: '2026-11-26, A CPU, 2 cores, 24 GB, load 0.1 at its start, node v24.0.0',
  });
});

it('tells two benches apart that both print results', () => {
  const shap = { trees: 200, depth: 4, batch: 1_000, ours_us: 0.5, xgboost_us: 40, ratio: 80 };
  const score = { explanation: 'with', batch: 256, rows_per_s: 9_000, p99_ms: 80, loop_blocked_p99_ms: 3 };
  expect(reportOf({ results: [shap] }, '2026-11-26')?.command).toBe('`bench:shap`');
  expect(reportOf({ results: [score] }, '2026-11-26')?.command).toBe('`bench:score`');
});

it('knows no row for other JSON, and refuses a figure that is missing', () => {
  expect(reportOf({ cases: 40, lost: 0 }, '2026-11-26')).toBeNull();
  expect(() => reportOf({ customers: [10_000], cost_us: 'none' }, '2026-11-26')).toThrow('cost_us are no numbers');
});
