/** What the engine holds of a customer while it works on a batch: the ledger's facts and the window over its rows. */
import type { Mode } from '../domain/bank/transaction.ts';
import { type KeptLedger, windowFromKept } from '../domain/features/kept-ledger.ts';
import { decodeWindow } from '../domain/features/snapshot.ts';
import { appendRow, type CustomerWindow, emptyWindow, windowFromLedger } from '../domain/features/window.ts';
import type { StoredCustomer } from './store/load-customers.ts';

export interface CustomerState {
  readonly customerId: string;
  readonly currency: string;
  /** The last n. */
  ledgerRows: number;
  latestOccurredMs: number;
  mode: Mode;
  /** The first so many rows may be gone: a base stands for them. 0: none is. */
  readonly basePosition: number;
  /** What occurred before may be gone; -Infinity: nothing is. */
  readonly keptFromMs: number;
  window: CustomerWindow;
  /** n of the snapshot that is known to be stored; 0: none. */
  snapshotPosition: number;
}

export function newCustomer(customerId: string, currency: string, mode: Mode): CustomerState {
  return {
    customerId,
    currency,
    ledgerRows: 0,
    latestOccurredMs: Number.NEGATIVE_INFINITY,
    mode,
    basePosition: 0,
    keptFromMs: Number.NEGATIVE_INFINITY,
    window: emptyWindow(currency),
    snapshotPosition: 0,
  };
}

/**
 * The state after all committed rows, from a snapshot and the tail behind it.
 *
 * @param readAll reads all that is kept of the customer's committed ledger; called where the tail does not fit on the snapshot
 */
export async function restoreCustomer(
  stored: StoredCustomer,
  readAll: () => Promise<KeptLedger>,
): Promise<CustomerState> {
  const { tail, snapshot, ...facts } = stored;
  const window = fromSnapshot(stored) ?? rebuiltWindow(await readAll());
  return { ...facts, window, snapshotPosition: snapshot?.position ?? 0 };
}

/** @throws Error where a row needs one that is gone: such rows are refused before they are appended */
export function rebuiltWindow(ledger: KeptLedger): CustomerWindow {
  const window = windowFromKept(ledger);
  if (window === null) throw new Error('a row of the ledger needs one that is gone, and was not refused');
  return window;
}

/** Null where the snapshot cannot be read, or a row of the tail is older than what it has folded or undoes another. */
function fromSnapshot({ currency, snapshot, tail }: StoredCustomer): CustomerWindow | null {
  if (snapshot === null) return windowFromLedger(currency, tail);
  const window = decodeWindow(snapshot.content);
  return window !== null && tail.every((row) => appendRow(window, row).kind === 'appended') ? window : null;
}
