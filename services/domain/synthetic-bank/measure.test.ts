import { describe, expect, it } from 'vitest';
import { endDayOf, generateCustomer } from './generate.ts';
import { emptyTally, measuresOf, tallyCustomer, truthLabelAt } from './measure.ts';
import { DEFAULT_PARAMETERS as p } from './parameters.ts';
import type { DueOutcome } from './truth.ts';

describe('a bank of 400 customers over 18 months', () => {
  const tally = emptyTally();
  for (let index = 0; index < 400; index++) {
    tallyCustomer(tally, generateCustomer(p, { seed: 21, index, months: 18 }), endDayOf(p, 18));
  }
  const measures = measuresOf(tally);

  it('misses a payment in 2-5 of 100 eligible customer-months', () => {
    expect(measures.baseRate).toBeGreaterThan(0.02);
    expect(measures.baseRate).toBeLessThan(0.05);
  });

  it('has misses that nothing announces, about a third', () => {
    // 25-40 % in a bank of any size (describe measures it); the sample's own error is some 4 points.
    expect(measures.unannouncedShare).toBeGreaterThan(0.2);
    expect(measures.unannouncedShare).toBeLessThan(0.45);
  });

  it('has many life events that lead to no miss', () => {
    expect(measures.events).toBeGreaterThan(80);
    expect(measures.eventsWithoutMissShare).toBeGreaterThan(0.3);
  });

  it('has some 45 transactions a customer-month, a few of them refused', () => {
    expect(measures.transactionsPerCustomerMonth).toBeGreaterThan(40);
    expect(measures.transactionsPerCustomerMonth).toBeLessThan(50);
    expect(measures.failedShare).toBeGreaterThan(0.001);
    expect(measures.failedShare).toBeLessThan(0.03);
  });
});

describe('the label read from the truth', () => {
  const due = (dueDay: number, paidDay: number | null): DueOutcome => ({
    obligationId: 'o',
    kind: 'rent',
    dueDay,
    paidDay,
    cause: null,
  });

  it('is a miss if what falls due within 45 days is unpaid 30 days later', () => {
    const missed = due(120, 151);
    expect(truthLabelAt([missed], 100)).toEqual({ kind: 'eligible', missed: [missed] });
    expect(truthLabelAt([due(120, 150)], 100)).toEqual({ kind: 'eligible', missed: [] });
    expect(truthLabelAt([due(146, null)], 100)).toEqual({ kind: 'nothing_due' });
  });

  it('is none where something is late already, or was seriously late of late', () => {
    expect(truthLabelAt([due(95, null), due(120, 120)], 100)).toEqual({ kind: 'late' });
    expect(truthLabelAt([due(96, null), due(120, 120)], 100)).toEqual({ kind: 'eligible', missed: [] });
    expect(truthLabelAt([due(20, 60), due(120, 120)], 100)).toEqual({ kind: 'late' });
  });
});
