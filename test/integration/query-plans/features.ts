/** Every statement of features, as the service sends it. */
import { FEATURE_SET_VERSION } from '../../../services/domain/features/catalogue.ts';
import { countLedger, countTables } from '../../../services/features/store/count-stored.ts';
import { ensureLedgerMonths } from '../../../services/features/store/ensure-ledger-months.ts';
import { insertLedger, type LedgerEntry } from '../../../services/features/store/insert-ledger.ts';
import { insertVectorConflicts } from '../../../services/features/store/insert-vector-conflicts.ts';
import { lastLearned } from '../../../services/features/store/last-learned.ts';
import * as months from '../../../services/features/store/ledger-months.ts';
import { loadCustomers } from '../../../services/features/store/load-customers.ts';
import { lookUpIds, lookUpReversed } from '../../../services/features/store/look-up-ids.ts';
import { lookUpOccurred } from '../../../services/features/store/look-up-occurred.ts';
import { moveCustomers } from '../../../services/features/store/move-customers.ts';
import { readBases } from '../../../services/features/store/read-bases.ts';
import { readCustomer } from '../../../services/features/store/read-customer.ts';
import { readKept } from '../../../services/features/store/read-kept.ts';
import { readProfiles } from '../../../services/features/store/read-profiles.ts';
import { saveSnapshots } from '../../../services/features/store/save-snapshots.ts';
import * as profiles from '../../../services/features/store/store-profiles.ts';
import type { Calls } from './calls.ts';
import { ARRIVAL_MS, customer } from './fill.ts';
import { CUSTOMER_IDS, DIGEST } from './ids.ts';

const NEXT = 4;

const entries: readonly LedgerEntry[] = CUSTOMER_IDS.map((customerId) => ({
  customerId,
  ledgerPosition: NEXT,
  row: {
    transactionId: `t${NEXT}`,
    accountId: 'a',
    occurredMs: ARRIVAL_MS,
    bookedMs: ARRIVAL_MS,
    utcOffsetMinutes: 0,
    timePrecision: 'second',
    direction: 'debit',
    status: 'settled',
    amountMinor: 100,
    balanceAfterMinor: null,
    channel: 'card',
    category: 'groceries',
    merchantId: null,
    counterpartyId: null,
    obligationId: null,
    reversesTransactionId: null,
    ownTransfer: false,
    declares: 0,
  },
  mode: 'live',
  contentSha256: DIGEST,
  arrivalMs: ARRIVAL_MS,
  learnedMs: ARRIVAL_MS,
  topicPartition: 0,
  logOffset: 1n,
  triggered: null,
}));

const facts = { currency: 'EUR', topicPartition: 0, latestOccurredMs: ARRIVAL_MS, mode: 'live' as const };
const moves = [
  ...CUSTOMER_IDS.map((customerId) => ({ customerId, fromRows: 3, toRows: NEXT, ...facts })),
  { customerId: 'new', fromRows: 0, toRows: 1, ...facts },
];

const identities = CUSTOMER_IDS.map((customerId) => ({ customerId, transactionId: 't2' }));
const snapshots = CUSTOMER_IDS.map((customerId) => ({ customerId, position: 3, content: new Uint8Array(100) }));
const versions = CUSTOMER_IDS.map((customerId) => ({
  profile: {
    ...{ customerId, version: 3, effectiveMs: ARRIVAL_MS, mode: 'live' as const, timeZone: null, consents: [] },
    ...{ obligations: [], obligationsDeclared: false, salaryDayOfMonth: null, standing: 'open' as const },
  },
  contentSha256: DIGEST,
  appendMs: ARRIVAL_MS,
  learnedMs: ARRIVAL_MS,
}));
const appended = CUSTOMER_IDS.map((customerId) => ({ customerId, appendMs: ARRIVAL_MS }));
const bases = CUSTOMER_IDS.map((customerId) => ({
  ...{ customerId, position: 2, keptFromMs: ARRIVAL_MS, learnedMs: ARRIVAL_MS, content: new Uint8Array(100) },
}));
const conflict = {
  predictionId: '00000000-0000-4000-8000-000000000001',
  ...{ customerId: customer(1), ledgerPosition: 1, computedSha256: 'a', standingSha256: 'b' },
};

export const FEATURES: Calls = {
  'a batch: identities': (pool) => lookUpIds(pool, identities),
  'a batch: reversals': (pool) => lookUpReversed(pool, identities),
  'a batch: how old reversed rows are': async (pool) => {
    await lookUpOccurred(pool, identities);
    await readBases(pool, CUSTOMER_IDS);
  },
  'a batch: customers that are not in memory': (pool) => loadCustomers(pool, CUSTOMER_IDS, FEATURE_SET_VERSION),
  'a batch: their profiles': (pool) => readProfiles(pool, CUSTOMER_IDS),
  'a batch: append': (pool) => insertLedger(pool, entries),
  'a batch: move customers': (pool) => moveCustomers(pool, moves),
  'a batch: other vectors': (pool) => insertVectorConflicts(pool, [conflict]),
  'a batch: months': (pool) => ensureLedgerMonths(pool, ARRIVAL_MS, 3),
  snapshots: (pool) => saveSnapshots(pool, snapshots, FEATURE_SET_VERSION),
  'a rebuilt window': (pool) => readKept(pool, customer(77)),
  'GetFeatures: customer': (pool) => readCustomer(pool, customer(77)),
  'GetFeatures: the first n rows': (pool) => readKept(pool, customer(77), 2),
  'GetFeatures: n at t': (pool) => lastLearned(pool, customer(77), ARRIVAL_MS),
  'profiles: known versions': (pool) =>
    profiles.lookUpProfileDigests(
      pool,
      CUSTOMER_IDS.map((customerId) => ({ customerId, version: 2 })),
    ),
  'profiles: append': (pool) => profiles.insertProfiles(pool, versions),
  'profiles: stop': (pool) => profiles.insertStops(pool, appended),
  'profiles: end stops': (pool) => profiles.endStops(pool, appended),
  'profiles: positions': async (pool) => {
    await profiles.moveProfilePosition(pool, 'customer-updates', 0, 5n);
    await profiles.readProfilePositions(pool, 'customer-updates');
  },
  'retention: a page of a month': (pool) => months.readCustomersOfMonth(pool, '2026-01-01', customer(20_000), 100),
  // It reads the month that it drops: inside the function, and rolled back here.
  'retention: drop a month': (pool) => months.dropLedgerMonth(pool, '2026-01-01'),
  'retention: bases': (pool) => months.saveBases(pool, bases),
  'retention: months': async (pool) => {
    await months.listLedgerMonths(pool);
    await months.readDroppedMonth(pool, '2025-12-01');
  },
  'reconcile: counters': (pool) => countLedger(pool),
};

/** What is meant to read its tables whole. */
export const FEATURES_WHOLE: Calls = {
  'reconcile: verify the ledger': (pool) => countTables(pool),
};
