import { FEATURE_SET_VERSION } from '../domain/features/catalogue.ts';
import type { Queryable } from '../platform/postgres/pool.ts';
import type { CustomerCache } from './customer-cache.ts';
import { type CustomerState, restoreCustomer } from './customer-state.ts';
import { loadKeptLedger } from './kept-ledger.ts';
import { loadCustomers } from './store/load-customers.ts';

/**
 * The states of those of the customers that the ledger knows: out of the cache, and the misses from the ledger in one query.
 * They are the batch's own from here on; only a commit puts them back.
 */
export async function takeCustomers(
  db: Queryable,
  cache: CustomerCache,
  customerIds: readonly string[],
  epoch: bigint,
): Promise<Map<string, CustomerState>> {
  const states = new Map<string, CustomerState>();
  const missing: string[] = [];
  for (const customerId of customerIds) {
    const cached = cache.take(customerId, epoch);
    if (cached === null) missing.push(customerId);
    else states.set(customerId, cached);
  }
  for (const stored of (await loadCustomers(db, missing, FEATURE_SET_VERSION)).values()) {
    const { customerId, currency } = stored;
    const readAll = async () => (await loadKeptLedger(db, customerId, currency)).ledger;
    states.set(customerId, await restoreCustomer(stored, readAll));
  }
  return states;
}
