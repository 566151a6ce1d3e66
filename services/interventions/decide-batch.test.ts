import { describe, expect, test } from 'vitest';
import { context, day, prediction, reachable } from '../domain/interventions/specification.ts';
import type { RiskLevel } from '../domain/scoring/risk.ts';
import { type DecidedBatch, decideBatch, type KnownCustomers, type PredictionInput } from './decide-batch.ts';

const nobody: KnownCustomers = { customers: new Map(), contacts: new Map(), profiles: new Map() };
const profiles = new Map([
  ['anna', { versions: [{ ...reachable, version: 4, effectiveMs: day(-1) }], isStopped: false }],
]);

function input(customerId: string, level: RiskLevel, onDay: number): PredictionInput {
  return {
    predictionId: `prediction ${customerId} ${level} ${onDay}`,
    decisionId: `decision ${customerId} ${level} ${onDay}`,
    customerId,
    appendMs: day(1000),
    contentSha256: new Uint8Array(32),
    modelVersion: 'm1',
    facts: prediction(level, onDay),
    personal: { probability: 0.1, horizon_days: 45, risk_score: 0.5, top_features: [] },
  };
}

const results = (batch: DecidedBatch) => batch.decisions.map((row) => row.suppressionReason);

describe('decideBatch', () => {
  test('decides the predictions of one customer in order, on what the one before left', () => {
    const batch = decideBatch(
      [input('anna', 'HIGH', 0), input('bert', 'HIGH', 0), input('anna', 'HIGH', 1), input('anna', 'CRITICAL', 2)],
      { ...nobody, profiles },
      context,
    );
    expect(results(batch)).toEqual([null, 'NO_CONSENT_RECORD', 'ALREADY_OPEN', null]);
    expect(batch.offers.map((offer) => [offer.interventionId, offer.escalates])).toEqual([
      ['HIGH@0', null],
      ['CRITICAL@2', 'HIGH@0'],
    ]);
    expect(batch.customers).toEqual([
      { customerId: 'anna', lastDecidedMs: day(2), riskLevel: 'CRITICAL' },
      { customerId: 'bert', lastDecidedMs: day(0), riskLevel: 'HIGH' },
    ]);
  });

  test('goes on from what the store knows', () => {
    const open = { interventionId: 'i', level: 'HIGH' as const, openedMs: day(0), expireMs: day(14) };
    const known: KnownCustomers = {
      customers: new Map([['anna', { customerId: 'anna', lastDecidedMs: day(5), riskLevel: 'HIGH' as const }]]),
      contacts: new Map([['anna', { open, contactedMs: { HIGH: day(0) } }]]),
      profiles,
    };
    const batch = decideBatch([input('anna', 'MEDIUM', 3), input('anna', 'LOW', 6)], known, context);
    expect(results(batch)).toEqual(['ALREADY_OPEN', 'LOW_RISK']);
    expect(batch.decisions.map((row) => row.decidedMs)).toEqual([day(5), day(6)]);
    expect(batch.customerCounts).toEqual([
      { riskLevel: 'HIGH', customers: -1 },
      { riskLevel: 'LOW', customers: 1 },
    ]);
  });

  test('keeps the version of the profile that was looked at, and none for LOW', () => {
    const batch = decideBatch([input('anna', 'HIGH', 0), input('anna', 'LOW', 1)], { ...nobody, profiles }, context);
    expect(batch.decisions.map((row) => row.profileVersion)).toEqual([4, null]);
  });

  test('the message is among what is personal, and only where there is an offer', () => {
    const batch = decideBatch([input('anna', 'HIGH', 0), input('anna', 'HIGH', 1)], { ...nobody, profiles }, context);
    expect(batch.decisions.map((row) => row.personal.message)).toEqual([
      expect.stringContaining('Your bank'),
      undefined,
    ]);
  });

  test('counts by level and result', () => {
    const batch = decideBatch([input('a', 'LOW', 2), input('b', 'LOW', 1), input('c', 'HIGH', 0)], nobody, context);
    expect(batch.decisionCounts).toEqual([
      { riskLevel: 'LOW', result: 'LOW_RISK', isIntervention: false, decisions: 2, latestDecidedMs: day(2) },
      { riskLevel: 'HIGH', result: 'NO_CONSENT_RECORD', isIntervention: false, decisions: 1, latestDecidedMs: day(0) },
    ]);
  });

  test('one batch or many of one: the same decisions', () => {
    const inputs = [
      input('anna', 'HIGH', 0),
      input('anna', 'LOW', 1),
      input('anna', 'CRITICAL', 2),
      input('anna', 'HIGH', 3),
    ];
    const whole = decideBatch(inputs, { ...nobody, profiles }, context);
    let customers = nobody.customers;
    let contacts = nobody.contacts;
    const single = inputs.flatMap((one) => {
      const batch = decideBatch([one], { customers, contacts, profiles }, context);
      customers = new Map(batch.customers.map((row) => [row.customerId, row]));
      for (const { interventionId, riskLevel: level, decidedMs: openedMs, expireMs } of batch.offers) {
        const contactedMs = { ...contacts.get('anna')?.contactedMs, [level]: openedMs };
        contacts = new Map([['anna', { open: { interventionId, level, openedMs, expireMs }, contactedMs }]]);
      }
      return batch.decisions;
    });
    expect(single).toEqual(whole.decisions);
  });
});
