/** What features counts and times. Names are stable: dashboards and alerts lean on them. */
import type { DeadLetter_Reason } from '../../gen/pde/events/v1/dead_letter_pb.ts';
import { reasonName } from '../platform/dead-letters/store.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';
import type { CustomerCache } from './customer-cache.ts';

export type Stage = 'decode' | 'look-up' | 'compute' | 'commit';

export interface FeaturesMetrics {
  /** After a commit. */
  batch(counts: { accepted: number; duplicates: number; triggered: number; vectorConflicts: number }): void;
  deadLetter(reason: DeadLetter_Reason): void;
  /** Runs fn and times it as a stage of a batch. */
  timed<T>(stage: Stage, fn: () => Promise<T>): Promise<T>;
  rebuilt(): void;
  /** New profile versions that were stored by this instance. */
  profiles(versions: number): void;
}

export function createFeaturesMetrics(metrics: Metrics, cache: CustomerCache): FeaturesMetrics {
  const records = metrics.counter('pde_features_records_total', 'records committed, by outcome', ['outcome']);
  const letters = metrics.counter('pde_features_dead_letters_total', 'records refused, by reason', ['reason']);
  const triggered = metrics.counter('pde_features_triggered_total', 'ledger rows that fired a trigger');
  const conflicts = metrics.counter(
    'pde_features_vector_conflicts_total',
    'vectors unlike the one that stands (I4): alert',
  );
  const rebuilds = metrics.counter(
    'pde_features_window_rebuilds_total',
    'windows rebuilt from the ledger for a late row',
  );
  const profiles = metrics.counter('pde_features_profiles_total', 'profile versions stored');
  const stages = metrics.histogram('pde_features_stage_ms', 'time of one stage of one batch', ['stage']);
  metrics.observed('pde_features_cached_customers', 'customers in memory', () => cache.stats().customers);
  metrics.observed('pde_features_cached_bytes', 'bytes of their windows', () => cache.stats().bytes);
  metrics.observed('pde_features_cache_misses', 'customers that were not in memory', () => cache.stats().misses);
  return {
    batch(counts) {
      records.inc({ outcome: 'accepted' }, counts.accepted);
      records.inc({ outcome: 'duplicate' }, counts.duplicates);
      triggered.inc(counts.triggered);
      conflicts.inc(counts.vectorConflicts);
    },
    deadLetter(reason) {
      records.inc({ outcome: 'dead_letter' });
      letters.inc({ reason: reasonName(reason) });
    },
    async timed(stage, fn) {
      const startMs = performance.now();
      try {
        return await fn();
      } finally {
        stages.observe({ stage }, performance.now() - startMs);
      }
    },
    rebuilt: () => rebuilds.inc(),
    profiles: (versions) => profiles.inc(versions),
  };
}
