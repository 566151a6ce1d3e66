/**
 * FeatureService: the vector of a customer as of (t, n, v), from the committed ledger, on any instance (I6). One read-only
 * snapshot of the database per call, so a batch that commits meanwhile is seen whole or not at all.
 */
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import type { FeatureService, GetFeaturesRequest } from '../../gen/pde/features/v1/feature_service_pb.ts';
import type { Profile } from '../domain/bank/profile.ts';
import { FEATURE_SET_VERSION } from '../domain/features/catalogue.ts';
import { observeKept } from '../domain/features/kept-ledger.ts';
import type { Pool, Queryable } from '../platform/postgres/pool.ts';
import { toFeatures, toFeatureVector, toMs } from './convert.ts';
import { loadKeptLedger } from './kept-ledger.ts';
import { profileAt, profileLearnedAt } from './profile-history.ts';
import { lastLearned } from './store/last-learned.ts';
import { type CustomerFacts, readCustomer } from './store/read-customer.ts';
import type { StoredBase } from './store/read-kept.ts';
import { NO_PROFILES, type ProfileHistory, readProfiles } from './store/read-profiles.ts';

export interface FeaturesRpcDeps {
  readonly pool: Pool;
  /** The wall clock, milliseconds since the epoch. */
  readonly now: () => number;
  /** How far back of a customer's latest time the ledger reaches; null: all the way. */
  readonly retentionMs: number | null;
}

export function createFeaturesRpc(deps: FeaturesRpcDeps): ServiceImpl<typeof FeatureService> {
  return {
    getFeatures: (request) =>
      deps.pool.transaction(async (db) => await getFeatures(db, request, deps), {
        isolation: 'repeatable read',
        readOnly: true,
      }),
  };
}

async function getFeatures(db: Queryable, request: GetFeaturesRequest, deps: FeaturesRpcDeps) {
  const { customerId } = request;
  const customer = await readCustomer(db, customerId);
  if (customer === null) throw new ConnectError('customer_id is not known', Code.NotFound);
  const atMs = observationTime(request, customer, deps);
  const profile = profileFor(request, await historyOf(db, customerId), atMs);
  const ledgerPosition = await positionFor(db, request, customer, atMs);
  const { stored, ledger } = await loadKeptLedger(db, customerId, customer.currency, ledgerPosition);
  if (stored.base !== null) assertKept(stored.base, request, ledgerPosition, atMs);
  const observation = observeKept(ledger, profile, atMs);
  if (observation === 'gone') throw beyondLedger('observation_time');
  if (observation === null) {
    throw new ConnectError('the customer has no ledger row at or before observation_time', Code.NotFound);
  }
  const vector = toFeatureVector({
    customerId,
    atMs,
    ledgerPosition: observation.ledgerPosition,
    profileVersion: observation.profileVersion,
    featureSetVersion: FEATURE_SET_VERSION,
    values: observation.values,
    eligibility: observation.eligibility,
    mode: customer.mode,
  });
  return { vector, features: toFeatures(observation.values) };
}

/** t; absent means now: the wall clock for a live feed, the ledger's latest time for a replay. */
function observationTime(request: GetFeaturesRequest, customer: CustomerFacts, deps: FeaturesRpcDeps): number {
  if (request.observationTime === undefined) return customer.mode === 'live' ? deps.now() : customer.latestOccurredMs;
  const atMs = toMs(request.observationTime);
  if (deps.retentionMs !== null && atMs < customer.latestOccurredMs - deps.retentionMs) {
    throw beyondLedger('observation_time');
  }
  return atMs;
}

/**
 * What a base stands for can be asked for only as a whole: with n at its end or later, and t from when on everything is kept. With t
 * alone, all of its rows must have been learned by t.
 */
function assertKept(base: StoredBase, request: GetFeaturesRequest, ledgerPosition: number, atMs: number): void {
  const { observationTime } = request;
  if (request.ledgerPosition !== undefined && ledgerPosition < base.position) throw beyondLedger('ledger_position');
  if (observationTime === undefined) return;
  const isAllLearned = request.ledgerPosition !== undefined || ledgerPosition > 0 || atMs >= base.learnedMs;
  if (atMs < base.keptFromMs || !isAllLearned) throw beyondLedger('observation_time');
}

function beyondLedger(field: string): ConnectError {
  return new ConnectError(`${field} is beyond what the ledger keeps`, Code.OutOfRange);
}

/** n; absent means the last one learned by t, and all that is known where t is now. */
async function positionFor(
  db: Queryable,
  { customerId, ledgerPosition, observationTime }: GetFeaturesRequest,
  customer: CustomerFacts,
  atMs: number,
): Promise<number> {
  if (ledgerPosition === undefined) {
    return observationTime === undefined ? customer.ledgerRows : await lastLearned(db, customerId, atMs);
  }
  if (ledgerPosition > BigInt(customer.ledgerRows)) {
    throw new ConnectError(`ledger_position is past the customer's last, ${customer.ledgerRows}`, Code.NotFound);
  }
  return Number(ledgerPosition);
}

/** v; absent means the last one learned by t, and the one in force where t is now. */
function profileFor(
  { profileVersion, observationTime }: GetFeaturesRequest,
  history: ProfileHistory,
  atMs: number,
): Profile | null {
  if (profileVersion === undefined) {
    return observationTime === undefined ? profileAt(history, atMs) : profileLearnedAt(history, atMs, atMs);
  }
  if (profileVersion === 0n) return null;
  const named = history.versions.find(({ profile }) => BigInt(profile.version) === profileVersion);
  if (named === undefined) throw new ConnectError('the customer has no such profile_version', Code.NotFound);
  return named.profile;
}

async function historyOf(db: Queryable, customerId: string): Promise<ProfileHistory> {
  return (await readProfiles(db, [customerId])).get(customerId) ?? NO_PROFILES;
}
