/** What the service measures of itself. */
import { reasonName } from '../platform/dead-letters/store.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';
import type { Accepted, Refusal } from './check-record.ts';
import type { DecidedBatch, PredictionInput } from './decide-batch.ts';

export interface ServiceMetrics {
  /** Call after COMMIT returned. */
  batch(
    accepted: readonly Accepted<PredictionInput>[],
    decided: DecidedBatch,
    duplicates: number,
    refusals: readonly Refusal[],
  ): void;
  refused(refusals: readonly Refusal[]): void;
}

/** When a measured transaction was due to be sent: unix microseconds, decimal. */
const SCHEDULED_SEND_HEADER = 'pde-scheduled-send-us';

/** From 0.5 ms to two minutes, each 2 % above the one before: so far a percentile may be off. */
const END_TO_END_BUCKETS_MS = Array.from({ length: 626 }, (_, i) => 0.5 * 1.02 ** i);

/** @param nowMs wall clock, milliseconds since the epoch, with fractions */
export function createServiceMetrics(metrics: Metrics, nowMs: () => number): ServiceMetrics {
  const decisions = metrics.counter('pde_decisions_total', 'decisions, by level and result', ['level', 'result']);
  const duplicates = metrics.counter('pde_duplicates_total', 'predictions that had a decision already');
  const deadLetters = metrics.counter('pde_dead_letters_total', 'records refused, by topic and reason', [
    'topic',
    'reason',
  ]);
  // Made by the first record that is measured: without a measurement, its many buckets are nobody's concern.
  const endToEnd = () =>
    metrics.histogram(
      'pde_end_to_end_ms',
      'from the scheduled send of a transaction until the COMMIT of its decision returned, milliseconds',
      [],
      END_TO_END_BUCKETS_MS,
    );

  function refused(refusals: readonly Refusal[]): void {
    for (const { record, reason } of refusals) {
      deadLetters.inc({ topic: record.topic, reason: reasonName(reason) });
    }
  }
  return {
    batch(accepted, decided, repeated, refusals) {
      const now = nowMs();
      for (const { record } of accepted) {
        const scheduledUs = scheduledSendUs(record.headers[SCHEDULED_SEND_HEADER]);
        if (scheduledUs !== null) endToEnd().observe(now - scheduledUs / 1000);
      }
      for (const { riskLevel: level, result, decisions: count } of decided.decisionCounts) {
        decisions.inc({ level, result }, count);
      }
      duplicates.inc(repeated);
      refused(refusals);
    },
    refused,
  };
}

/** Null where the header is absent or is no time: a measurement never makes a dead letter. */
function scheduledSendUs(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,16}$/.test(header) ? Number(header) : null;
}
