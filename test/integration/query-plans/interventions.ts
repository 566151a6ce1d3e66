/** Every statement of interventions, as the service sends it. */
import { addCounts } from '../../../services/interventions/store/add-counts.ts';
import { findDecided } from '../../../services/interventions/store/find-decided.ts';
import { insertDashboardRows } from '../../../services/interventions/store/insert-dashboard-rows.ts';
import { insertDecisions } from '../../../services/interventions/store/insert-decisions.ts';
import { insertLowReport } from '../../../services/interventions/store/insert-low-report.ts';
import { insertOffers } from '../../../services/interventions/store/insert-offers.ts';
import { insertOutcome } from '../../../services/interventions/store/insert-outcome.ts';
import { insertProfiles } from '../../../services/interventions/store/insert-profiles.ts';
import { insertStops } from '../../../services/interventions/store/insert-stops.ts';
import { loadContacts } from '../../../services/interventions/store/load-contacts.ts';
import { loadCustomers } from '../../../services/interventions/store/load-customers.ts';
import { loadProfiles } from '../../../services/interventions/store/load-profiles.ts';
import { moveProfilePosition, readProfilePositions } from '../../../services/interventions/store/profile-positions.ts';
import { readCounts } from '../../../services/interventions/store/read-counts.ts';
import { readDashboardRowsAfter } from '../../../services/interventions/store/read-dashboard-rows-after.ts';
import { readHistory } from '../../../services/interventions/store/read-history.ts';
import { readIntervention } from '../../../services/interventions/store/read-intervention.ts';
import { readOffersAfter } from '../../../services/interventions/store/read-offers-after.ts';
import { readStoredCounts, readStoredTables } from '../../../services/interventions/store/read-stored.ts';
import type { DecisionRow, OfferRow, ProfileRow } from '../../../services/interventions/store/rows.ts';
import { saveCustomers } from '../../../services/interventions/store/save-customers.ts';
import { takeLowReport } from '../../../services/interventions/store/take-low-report.ts';
import type { Calls } from './calls.ts';
import { ARRIVAL_MS, customer } from './fill.ts';
import { CUSTOMER_IDS, idOf, SPREAD } from './ids.ts';

const personal = { probability: 0.1, horizon_days: 45, risk_score: 0.5, top_features: [], message: 'm' };
const decisions: readonly DecisionRow[] = SPREAD.map((n) => ({
  ...{ decisionId: idOf('new', n), predictionId: idOf('other', n), customerId: customer(n), mode: 'live' },
  ...{ observationMs: ARRIVAL_MS, decidedMs: ARRIVAL_MS, riskLevel: 'HIGH', eligibility: 'eligible' },
  ...{ modelVersion: '1', policyVersion: '1', profileVersion: 2, suppressionReason: null, personal },
  predictionSha256: Buffer.alloc(32),
}));
const offers: readonly OfferRow[] = SPREAD.map((n) => ({
  ...{ interventionId: idOf('offer', n), decisionId: idOf('new', n), customerId: customer(n), riskLevel: 'HIGH' },
  ...{ interventionType: 'proactive_support', channel: 'sms', priority: 2, escalates: null },
  ...{ decidedMs: ARRIVAL_MS, expireMs: ARRIVAL_MS + 1_000 },
}));
const profiles: readonly ProfileRow[] = CUSTOMER_IDS.map((customerId) => ({
  ...{ customerId, version: 3, effectiveMs: ARRIVAL_MS, contentSha256: Buffer.alloc(32), timeZone: null },
  ...{ standing: 'open', consents: [], place: { appendMs: ARRIVAL_MS, offset: 1n } },
}));
const count = {
  riskLevel: 'HIGH',
  result: 'x',
  isIntervention: true,
  decisions: 1,
  latestDecidedMs: ARRIVAL_MS,
} as const;
const customers = CUSTOMER_IDS.map((customerId) => ({
  ...{ customerId, lastDecidedMs: ARRIVAL_MS, riskLevel: 'HIGH' as const },
}));

export const INTERVENTIONS: Calls = {
  'a batch: who is decided': (pool) =>
    findDecided(
      pool,
      SPREAD.map((n) => idOf('p', n)),
    ),
  'a batch: customers': (pool) => loadCustomers(pool, CUSTOMER_IDS),
  'a batch: contacts': (pool) => loadContacts(pool, CUSTOMER_IDS),
  'a batch: profiles': (pool) => loadProfiles(pool, CUSTOMER_IDS),
  'a batch: append': async (pool) => {
    await insertDecisions(pool, decisions);
    await insertOffers(pool, 0, 500_000n, offers);
    await insertDashboardRows(
      pool,
      0,
      500_000n,
      decisions.map((row) => row.decisionId),
    );
  },
  'a batch: customers move': (pool) => saveCustomers(pool, customers),
  'a batch: counts': (pool) => addCounts(pool, 0, [count], [{ riskLevel: 'HIGH', customers: 1 }]),
  'report of LOW decisions': async (pool) => {
    const report = await takeLowReport(pool, 0);
    await insertLowReport(pool, 0, 600_000n, report!);
  },
  'relay: offers': (pool) => readOffersAfter(pool, 1, 16_000n, 500),
  'relay: dashboard': (pool) => readDashboardRowsAfter(pool, 1, 16_000n, 500),
  'profiles: append': (pool) => insertProfiles(pool, profiles),
  'profiles: stop': (pool) =>
    insertStops(
      pool,
      CUSTOMER_IDS.map((customerId) => ({ customerId, place: { appendMs: ARRIVAL_MS, offset: 900n } })),
    ),
  'profiles: positions': async (pool) => {
    await moveProfilePosition(pool, 'customer-updates', 0, 5n);
    await readProfilePositions(pool, 'customer-updates');
  },
  'dashboard: totals': (pool) => readCounts(pool),
  'dashboard: history of a customer': (pool) => readHistory(pool, customer(77), null, 51),
  'dashboard: next page of it': (pool) => readHistory(pool, customer(77), 500n, 51),
  'record an outcome': async (pool) => {
    await insertOutcome(pool, idOf('i', 30_000), 'helped', 'officer');
    await readIntervention(pool, idOf('i', 30_000));
  },
  'reconcile: counters': (pool) => readStoredCounts(pool),
};

/** What is meant to read its tables whole. */
export const INTERVENTIONS_WHOLE: Calls = { 'reconcile: verify the decisions': (pool) => readStoredTables(pool) };
