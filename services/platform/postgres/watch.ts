/** Whether the database answers, asked once a second: a service that can neither read nor store is not ready, and says why. */
import type { ServiceScope } from '../lifecycle/scope.ts';
import type { Pool } from './pool.ts';

const EVERY_MS = 1_000;
/** Silence after which the service is not ready; a slow moment is none. */
const SILENT_MS = 3_000;

export interface WatchOptions {
  readonly everyMs?: number;
  readonly silentMs?: number;
  readonly now?: () => number;
}

/** Adds the readiness check, and asks until the scope is released. */
export async function watchPostgres(
  scope: Pick<ServiceScope, 'acquire' | 'readiness'>,
  pool: Pick<Pool, 'query'>,
  o: WatchOptions = {},
): Promise<void> {
  const { everyMs = EVERY_MS, silentMs = SILENT_MS, now = Date.now } = o;
  let answeredMs = now();
  let asking = false;
  const ask = async (): Promise<void> => {
    // One question at a time: what is slow must not fill the pool.
    if (asking) return;
    asking = true;
    try {
      await pool.query('SELECT 1');
      answeredMs = now();
    } catch {
      // Whoever needed the database says what it met; here the silence counts.
    } finally {
      asking = false;
    }
  };
  await scope.acquire(
    'watch on postgres',
    () => setInterval(() => void ask(), everyMs),
    (timer) => clearInterval(timer),
  );
  scope.readiness('postgres', () => {
    const silent = now() - answeredMs;
    return silent > silentMs ? `no answer for ${silent} ms` : null;
  });
}
