/**
 * Profile histories of the customers that are being worked on, over the table where they are kept. A history is dropped the
 * moment the log reader has stored something newer of its customer, so what is cached is never older than what was read.
 */
import type { Queryable } from '../platform/postgres/pool.ts';
import { NO_PROFILES, type ProfileHistory, readProfiles } from './store/read-profiles.ts';

export interface ProfileCache {
  /** What is stored of each customer; the misses in one query. */
  load(customerIds: readonly string[]): Promise<ReadonlyMap<string, ProfileHistory>>;
  /** Call after the commit of something newer. */
  forget(customerIds: readonly string[]): void;
}

/** @param maxCustomers histories kept at most, least recently used first out */
export function createProfileCache(db: Queryable, maxCustomers: number): ProfileCache {
  const histories = new Map<string, ProfileHistory>();
  let changes = 0;

  const keep = (customerId: string, history: ProfileHistory): void => {
    histories.delete(customerId);
    histories.set(customerId, history);
    if (histories.size <= maxCustomers) return;
    for (const oldest of histories.keys()) {
      histories.delete(oldest);
      return;
    }
  };
  return {
    async load(customerIds) {
      const wanted = [...new Set(customerIds)];
      const found = new Map<string, ProfileHistory>();
      for (const customerId of wanted) {
        const history = histories.get(customerId);
        if (history === undefined) continue;
        found.set(customerId, history);
        keep(customerId, history);
      }
      const missing = wanted.filter((customerId) => !found.has(customerId));
      const changesBefore = changes;
      const read = await readProfiles(db, missing);
      // What was stored while the query ran may not be in its answer: good for this batch, but not to be kept.
      const isCurrent = changes === changesBefore;
      for (const customerId of missing) {
        const history = read.get(customerId) ?? NO_PROFILES;
        found.set(customerId, history);
        if (isCurrent) keep(customerId, history);
      }
      return found;
    },
    forget(customerIds) {
      changes += 1;
      for (const customerId of customerIds) histories.delete(customerId);
    },
  };
}
