/**
 * Reports LOW decisions to the dashboard once a second, as a count: they are most of all decisions and none needs a look. A report
 * is a row of the dashboard's outbox, made from the counters in one transaction, so each decision is in exactly one report
 * whichever instance makes it and however often the relay publishes it (I5).
 */
import type { ServiceScope } from '../platform/lifecycle/scope.ts';
import { takePositions } from '../platform/outbox/shards.ts';
import type { Pool } from '../platform/postgres/pool.ts';
import { insertLowReport } from './store/insert-low-report.ts';
import type { ReportedLow } from './store/read-dashboard-rows-after.ts';
import { DASHBOARD_OUTBOX, SCHEMA } from './store/rows.ts';
import { takeLowReport } from './store/take-low-report.ts';

/** Makes the report that is due of a shard; null: none is. */
export async function reportLow(pool: Pool, shard: number): Promise<ReportedLow | null> {
  return await pool.transaction(async (tx) => {
    const report = await takeLowReport(tx, shard);
    if (report === null) return null;
    const position = await takePositions(tx, SCHEMA, DASHBOARD_OUTBOX, shard, 1);
    await insertLowReport(tx, shard, position, report);
    return { kind: 'low', shard, position, ...report };
  });
}

export interface LowReporterDeps {
  readonly scope: ServiceScope;
  readonly pool: Pool;
  readonly shards: number;
  readonly everyMs: number;
  /** Told of each report after COMMIT returned. */
  readonly onReported: (report: ReportedLow) => void;
}

/** Reports until the scope is released. A report that fails is made with the next. */
export async function startLowReporter({ scope, pool, shards, everyMs, onReported }: LowReporterDeps): Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let isBusy = false;

  async function reportAll(): Promise<void> {
    try {
      for (let shard = 0; shard < shards; shard++) {
        const report = await reportLow(pool, shard);
        if (report !== null) onReported(report);
      }
    } catch (cause) {
      scope.log.warn({ event: 'low-report-failed', cause });
    } finally {
      isBusy = false;
    }
  }

  await scope.acquire(
    'reporter of LOW decisions',
    () =>
      setInterval(() => {
        if (isBusy) return;
        isBusy = true;
        running = reportAll();
      }, everyMs),
    async (timer) => {
      clearInterval(timer);
      await running;
    },
  );
}
