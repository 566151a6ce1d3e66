/** What features does beside the stream, at its start and every hour: makes months of the ledger ahead, and drops those that are old. */
import type { ServiceScope } from '../platform/lifecycle/scope.ts';
import { createPool } from '../platform/postgres/pool.ts';
import type { FeaturesConfig } from './config.ts';
import type { LedgerMonths } from './ledger-months.ts';
import { SERVICE } from './names.ts';
import { dropOldMonths } from './retention.ts';

const EVERY_MS = 3_600_000;
/** A month is counted before it goes: as long as it takes. */
const STATEMENT_TIMEOUT_MS = 1_800_000;
const DAY_MS = 86_400_000;

/** Keeps house until the scope is released. What fails is done the next time. */
export async function startHousekeeping(
  scope: ServiceScope,
  { postgres, retentionDays }: Pick<FeaturesConfig, 'postgres' | 'retentionDays'>,
  months: LedgerMonths,
): Promise<void> {
  const dropped = scope.metrics.counter('pde_features_dropped_months_total', 'months of the ledger that were dropped');
  const pool = await scope.acquire(
    'postgres for housekeeping',
    () =>
      createPool({
        url: postgres.url,
        applicationName: `${SERVICE}-housekeeping`,
        max: 1,
        statementTimeoutMs: STATEMENT_TIMEOUT_MS,
        onIdleError: (cause) => scope.log.warn({ event: 'postgres-connection-lost', cause }),
      }),
    (made) => made.close(),
  );

  async function keepHouse(): Promise<void> {
    try {
      const nowMs = Date.now();
      await months.ensure([nowMs]);
      if (retentionDays === 0) return;
      const retentionMs = retentionDays * DAY_MS;
      for (const { month, rows } of await dropOldMonths({ db: pool, retentionMs, nowMs, signal: scope.signal })) {
        dropped.inc();
        scope.log.info({ event: 'ledger-month-dropped', month, rows });
      }
    } catch (cause) {
      scope.log.warn({ event: 'housekeeping-failed', cause });
    }
  }

  let keeping = keepHouse();
  await scope.acquire(
    'housekeeping',
    () => setInterval(() => (keeping = keeping.then(keepHouse)), EVERY_MS),
    async (timer) => {
      clearInterval(timer);
      await keeping;
    },
  );
}
