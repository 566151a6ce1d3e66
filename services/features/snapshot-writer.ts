/**
 * Stores windows as snapshots now and then, beside the stream: derived, never waited for, and lost without harm. A snapshot is
 * made from a committed state only, and encoded before the next batch can touch the window.
 */
import { FEATURE_SET_VERSION } from '../domain/features/catalogue.ts';
import { encodeWindow } from '../domain/features/snapshot.ts';
import type { Queryable } from '../platform/postgres/pool.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import type { CustomerState } from './customer-state.ts';
import { saveSnapshots, type WindowSnapshot } from './store/save-snapshots.ts';

export interface SnapshotWriter {
  /** Takes the state's snapshot if it has grown enough since the last. Never waits, never throws. */
  offer(state: CustomerState): void;
  /** Resolves when nothing is being written. */
  idle(): Promise<void>;
}

const MAX_ROWS_PER_STATEMENT = 200;
/** Beyond this, snapshots are left for later: they are only ever a help. */
const MAX_WAITING = 2_000;

export function createSnapshotWriter(db: Queryable, everyRows: number, log: Logger): SnapshotWriter {
  const waiting = new Map<string, WindowSnapshot>();
  let writing: Promise<void> | null = null;

  async function write(): Promise<void> {
    // After the current batch's own work: one statement then takes what many customers offered.
    await Promise.resolve();
    while (waiting.size > 0) {
      const some = [...waiting.values()].slice(0, MAX_ROWS_PER_STATEMENT);
      for (const { customerId } of some) waiting.delete(customerId);
      try {
        await saveSnapshots(db, some, FEATURE_SET_VERSION);
      } catch (cause) {
        log.warn({ event: 'snapshots-not-saved', customers: some.length, cause });
      }
    }
    writing = null;
  }
  return {
    offer(state) {
      if (state.ledgerRows - state.snapshotPosition < everyRows || waiting.size >= MAX_WAITING) return;
      const { customerId, ledgerRows } = state;
      waiting.set(customerId, { customerId, position: ledgerRows, content: encodeWindow(state.window) });
      state.snapshotPosition = ledgerRows;
      writing ??= write();
    },
    idle: async () => {
      await writing;
    },
  };
}
