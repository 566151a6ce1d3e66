/** The verdict itself: whatever a fault could do to what is stored and published is seen, and counted under the right name. */
import { describe, expect, it } from 'vitest';
import type { StoredRows } from '../support/engine-run.ts';
import { judge, type Published } from './judge.ts';

const row = (fields: Readonly<Record<string, unknown>>) => JSON.stringify(fields);
const clean: StoredRows = {
  ledger: [
    row({ customer_id: 'c1', transaction_id: 't1', n: 1 }),
    row({ customer_id: 'c1', transaction_id: 't2', n: 2 }),
  ],
  predictions: [row({ prediction_id: 'p1', risk_score: 0.25 })],
  decisions: [row({ decision_id: 'd1', outcome: 'INTERVENE' })],
  interventions: [row({ intervention_id: 'i1', channel: 'sms' })],
};
const all: Published = { predictions: new Map([['p1', 'digest']]), interventions: new Map([['i1', 'digest']]) };
const reconciliation = { reconciled: true, checks: [] };

function verdictOn(stored: Partial<StoredRows>, published: Partial<Published> = {}) {
  const { findings, ...counts } = judge(
    { stored: clean, published: all },
    { stored: { ...clean, ...stored }, reconciliation },
    { ...all, ...published },
  );
  return { ...counts, findings: findings.length };
}

describe('the verdict on a run', () => {
  it('is clean where everything is equal', () => {
    expect(verdictOn({})).toEqual({ lost: 0, duplicated: 0, differing: 0, findings: 0 });
  });

  it('counts a missing row, and a stored event that is not published, as lost', () => {
    expect(verdictOn({ ledger: clean.ledger.slice(1) })).toMatchObject({ lost: 1, duplicated: 0, differing: 0 });
    expect(verdictOn({}, { predictions: new Map() })).toMatchObject({ lost: 1, duplicated: 0, differing: 0 });
  });

  it('counts an id that is there twice, and one that should not be there, as duplicated', () => {
    const more = [...clean.decisions, ...clean.decisions, row({ decision_id: 'd2', outcome: 'INTERVENE' })];
    expect(verdictOn({ decisions: more })).toMatchObject({ lost: 0, duplicated: 2, differing: 0 });
  });

  it('counts other content, and an event that is published and not stored, as differing', () => {
    const other = [row({ prediction_id: 'p1', risk_score: 0.25000000000000006 })];
    expect(verdictOn({ predictions: other })).toMatchObject({ lost: 0, duplicated: 0, differing: 1 });
    const more = new Map([...all.interventions, ['i2', 'digest']]);
    expect(verdictOn({}, { interventions: more })).toMatchObject({ lost: 0, duplicated: 0, differing: 1 });
    const changed = new Map([['p1', 'another digest']]);
    expect(verdictOn({}, { predictions: changed })).toMatchObject({ lost: 0, duplicated: 0, differing: 1 });
  });

  it('fails by a check of the reconciliation alone', () => {
    const failed = (kind: 'position' | 'stored') => ({
      stored: clean,
      reconciliation: { reconciled: false, checks: [{ kind, name: 'n', holds: false, detail: 'd' }] },
    });
    expect(judge({ stored: clean, published: all }, failed('position'), all)).toMatchObject({ lost: 1, differing: 0 });
    expect(judge({ stored: clean, published: all }, failed('stored'), all)).toMatchObject({ lost: 0, differing: 1 });
  });
});
