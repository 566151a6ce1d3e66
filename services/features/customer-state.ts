/** What the engine holds of a customer while it works on a batch: the ledger's facts and the window over its rows. */
import type { LedgerRow, Mode } from '../domain/bank/transaction.ts';
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
    window: emptyWindow(currency),
    snapshotPosition: 0,
  };
}

/**
 * The state after all committed rows, from a snapshot and the tail behind it.
 *
 * @param readAll reads the whole committed ledger of the customer; called where the tail does not fit on the snapshot
 */
export async function restoreCustomer(
  stored: StoredCustomer,
  readAll: () => Promise<readonly LedgerRow[]>,
): Promise<CustomerState> {
  const { customerId, currency, ledgerRows, latestOccurredMs, mode } = stored;
  const window = fromSnapshot(stored) ?? windowFromLedger(currency, await readAll());
  const snapshotPosition = stored.snapshot?.position ?? 0;
  return { customerId, currency, ledgerRows, latestOccurredMs, mode, window, snapshotPosition };
}

/** Null where the snapshot cannot be read, or a row of the tail is older than what it has folded or undoes another. */
function fromSnapshot({ currency, snapshot, tail }: StoredCustomer): CustomerWindow | null {
  if (snapshot === null) return windowFromLedger(currency, tail);
  const window = decodeWindow(snapshot.content);
  return window !== null && tail.every((row) => appendRow(window, row).kind === 'appended') ? window : null;
}
