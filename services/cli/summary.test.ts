import { describe, expect, it } from 'vitest';
import { SuppressionReason } from '../../gen/pde/interventions/v1/policy_pb.ts';
import type { PredictionJson } from './gateway-client.ts';
import type { StartResult } from './result.ts';
import { addressText, type Findings, summaryText } from './summary.ts';

const result: StartResult = {
  bank: 'synthetic, 2 customers over 7 months, seed 1',
  transactions: 1_234,
  ledger: 1_233,
  duplicates: 0,
  dead_letters: 1,
  predictions: 40,
  refused: 0,
  interventions: 3,
  suppressed: 12,
  reconciled: true,
  failed_checks: [],
  e2e_ms: null,
  transactions_per_s: null,
  elapsed_s: 1,
};

const example: PredictionJson = {
  prediction_id: 'a',
  customer_id: 'c1',
  observation_time: '2024-07-31T16:15:46Z',
  probability: 0.13,
  horizon_days: 45,
  risk_score: 0.5,
  risk_level: 'RISK_LEVEL_HIGH',
  eligibility: 'ELIGIBILITY_ELIGIBLE',
  summary: 'about 13 in 100 like this miss a payment',
  top_reasons: [{ feature: 'f', contribution: 0.625, text: 'Latest salary is 14 % lower than usual' }],
  other_contributions: 0,
  model_name: 'synthetic',
  model_version: '1',
  features_known: 46,
  features_total: 47,
};

const findings: Findings = {
  stats: {
    customers: '2',
    customers_by_level: { CRITICAL: '0', HIGH: '1', LOW: '1' },
    interventions_by_type: { gentle_reminder: '2', urgent_outreach: '1' },
    suppressed_by_reason: { LOW_RISK: '1000', COOL_DOWN: '2', NOT_ELIGIBLE: '10' },
  },
  examples: [example],
};

describe('the summary', () => {
  it('says in words what was found, the gravest level and the most frequent reason first', () => {
    expect(summaryText(result, findings)).toContain(`
Bank: synthetic, 2 customers over 7 months, seed 1
  1,234 transactions: 1,233 in the ledger, 0 duplicates, 1 dead letters
  40 scores of 2 customers; their latest risk: 1 high, 1 low
  3 offers of help: 2 gentle reminder, 1 urgent outreach
  12 times a customer above low risk was left alone:
    10  nothing to prevent: nothing due, late already, closed or forborne
     2  contacted too recently
  reconciled: yes, nothing lost and nothing twice
`);
  });

  it('gives each example its reasons in words', () => {
    expect(summaryText(result, findings)).toContain(
      'c1: high risk, about 13 in 100 like this miss a payment (within 45 days, as of 2024-07-31 16:15 UTC)',
    );
    expect(summaryText(result, findings)).toContain('Latest salary is 14 % lower than usual');
  });

  it('names no value of an enum, whatever the reason', () => {
    const reasons = Object.keys(SuppressionReason).filter((name) => Number.isNaN(Number(name)));
    const suppressed_by_reason = Object.fromEntries(reasons.map((name) => [name, '1']));
    const text = summaryText(result, { ...findings, stats: { ...findings.stats, suppressed_by_reason } });
    expect(text).not.toMatch(/[A-Z]_[A-Z]|[a-z]_[a-z]/);
  });

  it('gives lines to paste that ask for a customer who is there', () => {
    const text = addressText('http://127.0.0.1:1', 'pde_key', 'c1');
    expect(text).toContain("'http://127.0.0.1:1/customer/c1/history'");
    expect(text).toContain('"customer_id": "c1"');
    expect(text).not.toContain('CUSTOMER');
  });
});
