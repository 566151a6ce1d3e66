/** The bank's tables for a stream, which a database that is away for a while does not end (DESIGN section 6). */
import type { Log } from '../../platform/kafka/log.ts';
import { type RetryPolicy, retry } from '../../platform/lifecycle/retry.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';
import { isTransient } from '../../platform/postgres/sqlstate.ts';

/** Longest that the database may be away, milliseconds. */
const AWAY_MS = 120_000;

/** Tries every statement again while the fault is the machine's. Each must be one that may run twice. */
export function patient(db: Queryable, log: Pick<Log, 'warn'>): Queryable {
  const policy: RetryPolicy = {
    initialDelayMs: 50,
    maxDelayMs: 2_000,
    deadlineMs: AWAY_MS,
    isTransient,
    onRetry: (cause, tries) => log.warn({ event: 'database-retried', tries, cause }),
  };
  const again = <T>(statement: () => Promise<T>): Promise<T> => retry(policy, new AbortController().signal, statement);
  return {
    query: (sql, params) => again(() => db.query(sql, params)),
    prepared: (name, sql, params) => again(() => db.prepared(name, sql, params)),
  };
}
