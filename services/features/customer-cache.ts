/**
 * The windows of customers, in memory (I3: a cache that can always be rebuilt from the ledger).
 *
 * A batch takes its customers out and only a committed batch puts them back: what a rolled-back batch touched is thereby
 * forgotten. An entry is good only under the epoch that put it there: after a change of owner it is a miss, whatever
 * the order in which revocation and commit arrive. Batches of several partitions share the cache; a customer belongs to one
 * partition, so no two batches hold the same customer.
 */
import type { CustomerState } from './customer-state.ts';

export interface CustomerCache {
  /** Takes the customer out; null on a miss. */
  take(customerId: string, epoch: bigint): CustomerState | null;
  /** Puts a customer back, as the latest used. Evicts the least recently used beyond the bound. */
  put(state: CustomerState, partition: number, epoch: bigint): void;
  /** Forgets every customer of a partition. */
  drop(partition: number): void;
  stats(): { readonly customers: number; readonly bytes: number; readonly hits: number; readonly misses: number };
}

interface Entry {
  readonly state: CustomerState;
  readonly partition: number;
  readonly epoch: bigint;
  readonly bytes: number;
}

/** What an entry weighs beside its window: map slot, ids, facts. */
const OVERHEAD_BYTES = 400;

/** @param bytesOf bytes that a window holds */
export function createCustomerCache(maxBytes: number, bytesOf: (state: CustomerState) => number): CustomerCache {
  // A Map iterates in order of insertion, and taking removes: the first entry is the least recently used.
  const entries = new Map<string, Entry>();
  let bytes = 0;
  let hits = 0;
  let misses = 0;

  const remove = (customerId: string): Entry | undefined => {
    const entry = entries.get(customerId);
    if (entry === undefined) return undefined;
    entries.delete(customerId);
    bytes -= entry.bytes;
    return entry;
  };
  const evict = (): void => {
    for (const oldest of entries.keys()) {
      if (bytes <= maxBytes) return;
      remove(oldest);
    }
  };
  return {
    take(customerId, epoch) {
      const entry = remove(customerId);
      if (entry?.epoch === epoch) {
        hits += 1;
        return entry.state;
      }
      misses += 1;
      return null;
    },
    put(state, partition, epoch) {
      remove(state.customerId);
      const entry = { state, partition, epoch, bytes: bytesOf(state) + OVERHEAD_BYTES };
      entries.set(state.customerId, entry);
      bytes += entry.bytes;
      evict();
    },
    drop(partition) {
      for (const [customerId, entry] of entries) if (entry.partition === partition) remove(customerId);
    },
    stats: () => ({ customers: entries.size, bytes, hits, misses }),
  };
}
