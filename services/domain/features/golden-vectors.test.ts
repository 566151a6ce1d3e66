import { createHash, type Hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { DAY_MS } from '../calendar/days.ts';
import { observeAsOf } from './as-of.ts';
import { CATALOGUE } from './catalogue.ts';
import { originalPosition, type RandomCustomer, randomCustomer } from './testing/random-histories.ts';
import type { Observation } from './types.ts';
import { appendRow, emptyWindow, observe, windowFromLedger } from './window.ts';

/**
 * What each feature was, over some hundred seeded customers observed on their way and after it, as a digest: whoever makes the
 * computation faster learns here whether a single bit of a single feature has moved. A digest changes only with the definition
 * of its feature, and so with the feature set's version.
 */
const CUSTOMERS = 300;

/** First 16 hexadecimal digits of the SHA-256 over the float64 values, little-endian, NaN as one pattern. */
const GOLDEN: Readonly<Record<string, string>> = {
  anomaly_count_30d: '35ffad86e276d523',
  average_transaction_change_30d_pct: '1215ea7bf0915404',
  balance_drawdown_14d_pct: '3993242ced8cdde1',
  balance_drawdown_30d_pct: '9bc2718a1d6a3321',
  balance_drawdown_7d_pct: '66673e37b9a48ab3',
  balance_in_outflow_days: '95c52e08c072aeb2',
  balance_now: '1fe72a9538888e35',
  balance_volatility_30d: 'b25a6c7ae971b40b',
  bill_payment_count_drop_30d: 'c945936e08200edd',
  cash_share_30d: '872b0e3c3f69257a',
  cash_withdrawal_frequency_rise_30d: '684b33905c3292a4',
  cash_withdrawal_size_rise_30d_pct: '8e4b1d0f2a4b4776',
  days_below_usual_minimum_30d: '6b4d69c042c7fa37',
  discretionary_spend_drop_30d_pct: 'cf59e1c5f6bbdbcc',
  discretionary_spend_drop_7d_pct: '712116cf063780a0',
  drain_mean: 'ca397092d6586f1e',
  eligibility: '9804184d7c6a8920',
  essential_spend_rise_30d_pct: 'b8c5c08a8cf2b274',
  failed_debit_count_30d: '13f9428f9deaf247',
  history_days: '63aa12dab3482e39',
  inactive_days_30d: 'c2a965d6de505464',
  income_level: '65db50ffa9739534',
  income_variability: '5a6419ed1e8824b1',
  inflow_outflow_ratio_90d: 'bcd4fc8c59abbaa2',
  late_payment_share_history: 'ed1e7e6f87c4e06f',
  lowest_90d_in_outflow_days: '32e4e8ab4be7b7f2',
  lowest_balance_30d: '8c37b8da27fe8a25',
  lowest_balance_90d: '1d0cc1394e4e8fb1',
  lowest_balance_history: '6410e6bb20b39c03',
  lowest_history_in_outflow_days: 'df2fdbc273e5f2d2',
  mean_balance_90d: '2e4fb4e394712aa4',
  merchant_diversity_drop_30d_pct: '7b2822fda2fa5ce4',
  negative_balance_days_90d: 'd1a3f28959b13e6d',
  obligation_cover_30d: '7b46414672ce7d99',
  overdraft_charge_count_90d: 'c89e394fe8394bf6',
  obligation_burden_45d: '8a4f6930372139d4',
  obligations_due_45d: 'e27f23f4d9b35bf7',
  partial_payment_share_90d: '6fe1634501d63576',
  payment_lateness_days_30d: '1a7b52725bfa30aa',
  payment_timing_shift_days: 'f25554b8409a6b76',
  payment_undershoot_pct_30d: '1d195d5842e2cb48',
  salary_amount_drop_pct: '8a3ba566f3165e06',
  salary_cycle_known: '7c558227a5417ea5',
  salary_delay_days: 'b6b82bda201f89cb',
  salary_missed_cycles_90d: 'ead71a0d09eba4ac',
  stress_composite: '6e67f3da821a71c0',
  stress_velocity_7d: '4b5fe57b10d7299c',
  time_of_day_consistency_30d: '09d84628af021fcb',
  total_spend_change_30d_pct: 'cb0e7dad842ae4b3',
  transaction_frequency_drop_30d_pct: '9a04b9a721c467c7',
  weekend_spend_drop_30d_pct: '4a23c3a41e7f9b12',
};

/** The vectors of a customer: after each fifth row and each reversal, and at the end up to 120 days later. */
function* observationsOf({ rows, profile }: RandomCustomer): Generator<Observation | null> {
  let window = emptyWindow('EUR');
  for (let n = 0; n < rows.length; n++) {
    const row = rows[n]!;
    const appended = appendRow(window, row, originalPosition(rows, n)).kind === 'appended';
    if (!appended) window = windowFromLedger('EUR', rows.slice(0, n + 1));
    if (n % 5 !== 0 && row.reversesTransactionId === null) continue;
    const known = () => observeAsOf('EUR', rows.slice(0, n + 1), profile, row.occurredMs);
    yield observe(window, profile, row.occurredMs) ?? known();
  }
  const latestMs = Math.max(...rows.map((row) => row.occurredMs));
  for (const days of [0, 1, 7, 30, 120]) {
    const atMs = latestMs + days * DAY_MS;
    yield observe(window, profile, atMs) ?? observeAsOf('EUR', rows, profile, atMs);
  }
}

test('no bit of any feature has moved since its digest was taken', () => {
  const digests = new Map<string, Hash>(
    [...CATALOGUE.map((feature) => feature.name), 'eligibility'].map((name) => [name, createHash('sha256')]),
  );
  for (let number = 0; number < CUSTOMERS; number++) {
    for (const observation of observationsOf(randomCustomer(number))) {
      const { values, eligibility } = observation!;
      for (const [i, { name }] of CATALOGUE.entries()) digests.get(name)!.update(bytesOf(values[i]!));
      digests.get('eligibility')!.update(`${eligibility};`);
    }
  }
  const found = Object.fromEntries([...digests].map(([name, digest]) => [name, digest.digest('hex').slice(0, 16)]));
  expect(found).toMatchObject(GOLDEN);
});

function bytesOf(value: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setFloat64(0, Number.isNaN(value) ? Number.NaN : value, true);
  return new Uint8Array(bytes.buffer);
}
