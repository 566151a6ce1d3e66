/**
 * What becomes of each valid record of a batch, before any vector is computed (I2). Pure, and sequential on purpose: a batch
 * of 500 must have the outcomes of 500 batches of one, so every record is judged knowing the records accepted before it.
 */
import { DeadLetter_Reason } from '../../gen/pde/events/v1/dead_letter_pb.ts';
import type { LedgerRow, Mode } from '../domain/bank/transaction.ts';
import { isReversal } from '../domain/features/records.ts';

/** A record that keeps every bound of the contract. */
export interface ValidRecord {
  readonly customerId: string;
  readonly currency: string;
  readonly mode: Mode;
  /** Hexadecimal SHA-256 of the content, see `content-digest.ts`. */
  readonly contentSha256: string;
  readonly row: LedgerRow;
}

/** A valid record with its place in the log. */
export interface PlacedRecord extends ValidRecord {
  readonly offset: bigint;
  readonly appendMs: number;
  /** When it was due to be sent, unix microseconds; only in a measured run. */
  readonly scheduledSendUs: bigint | null;
}

/** An identity that the ledger holds. */
export interface KnownId {
  readonly contentSha256: string;
  /** The row that it undoes; null: none. */
  readonly undoes: string | null;
  readonly ledgerPosition: number;
}

/** What is known of a customer before a record. */
export interface KnownCustomer {
  readonly currency: string;
  readonly latestOccurredMs: number;
  /** The first so many rows may be gone. */
  readonly basePosition: number;
  /** What occurred before may be gone. */
  readonly keptFromMs: number;
}

/** What was committed before the batch. */
export interface Knowledge {
  readonly id: (customerId: string, transactionId: string) => KnownId | undefined;
  /** Whether an accepted row reverses this transaction, which may not have come yet. */
  readonly isReversed: (customerId: string, transactionId: string) => boolean;
  readonly customer: (customerId: string) => KnownCustomer | undefined;
  /** When a row of the ledger occurred; null: nobody knows any more, or it was not looked up since nothing goes. */
  readonly occurredMs: (customerId: string, transactionId: string) => number | null;
  /** How much older than the customer's latest time a record may be; null: no bound. */
  readonly retentionMs: number | null;
}

export type Outcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'dead'; readonly reason: DeadLetter_Reason; readonly detail: string };

/** One outcome a record, in order. */
export function planBatch(records: readonly ValidRecord[], before: Knowledge): readonly Outcome[] {
  const known = knowledgeThatGrows(before);
  return records.map((record) => {
    const outcome = judge(record, known);
    if (outcome.kind === 'accepted') known.accept(record);
    return outcome;
  });
}

function judge(record: ValidRecord, known: Knowledge): Outcome {
  const { customerId, row } = record;
  const id = known.id(customerId, row.transactionId);
  if (id !== undefined) return id.contentSha256 === record.contentSha256 ? { kind: 'duplicate' } : CONFLICT;
  const customer = known.customer(customerId);
  if (customer !== undefined && customer.currency !== record.currency) return WRONG_CURRENCY;
  if (isReversalOfReversal(record, known)) return REVERSAL_OF_REVERSAL;
  if (customer === undefined) return { kind: 'accepted' };
  const keptFromMs = Math.max(customer.keptFromMs, customer.latestOccurredMs - (known.retentionMs ?? Infinity));
  if (row.occurredMs < keptFromMs) return TOO_OLD;
  if (undoesWhatIsGone(record, known, customer, keptFromMs)) return ORIGINAL_TOO_OLD;
  return { kind: 'accepted' };
}

/** True for a record that reverses a reversal, and for a reversal that an accepted row, which came first, reverses. */
function isReversalOfReversal({ customerId, row }: ValidRecord, known: Knowledge): boolean {
  const originalId = undoneBy(row);
  if (originalId === null) return false;
  const original = known.id(customerId, originalId);
  return (original?.undoes ?? null) !== null || known.isReversed(customerId, row.transactionId);
}

/** True where the original is older than what is kept, whether its month was dropped by now or not. */
function undoesWhatIsGone(
  { customerId, row }: ValidRecord,
  known: Knowledge,
  { basePosition }: KnownCustomer,
  keptFromMs: number,
): boolean {
  const originalId = undoneBy(row);
  const original = originalId === null ? undefined : known.id(customerId, originalId);
  if (originalId === null || original === undefined) return false;
  const occurredMs = known.occurredMs(customerId, originalId);
  if (known.retentionMs === null) return original.ledgerPosition <= basePosition;
  return occurredMs === null || occurredMs < keptFromMs;
}

const CONFLICT: Outcome = {
  kind: 'dead',
  reason: DeadLetter_Reason.CONFLICTING_DUPLICATE,
  detail: 'transaction_id came before with other content',
};
const WRONG_CURRENCY: Outcome = {
  kind: 'dead',
  reason: DeadLetter_Reason.WRONG_CURRENCY,
  detail: "currency is not that of the customer's first transaction",
};
const REVERSAL_OF_REVERSAL: Outcome = {
  kind: 'dead',
  reason: DeadLetter_Reason.REVERSAL_OF_REVERSAL,
  detail: 'reverses_transaction_id: a reversal cannot be reversed',
};
const TOO_OLD: Outcome = {
  kind: 'dead',
  reason: DeadLetter_Reason.TOO_OLD,
  detail: "occurred_time is further before the customer's latest than the ledger keeps",
};

const ORIGINAL_TOO_OLD: Outcome = {
  kind: 'dead',
  reason: DeadLetter_Reason.TOO_OLD,
  detail: 'reverses_transaction_id: what it reverses is older than what the ledger keeps',
};

/** The committed knowledge with the batch's accepted records laid over it. */
function knowledgeThatGrows(before: Knowledge): Knowledge & { accept(record: ValidRecord): void } {
  const ids = new Map<string, KnownId & { readonly occurredMs: number }>();
  const reversed = new Set<string>();
  const customers = new Map<string, KnownCustomer>();
  const customer = (id: string) => customers.get(id) ?? before.customer(id);
  return {
    retentionMs: before.retentionMs,
    id: (customerId, transactionId) =>
      ids.get(identity(customerId, transactionId)) ?? before.id(customerId, transactionId),
    isReversed: (customerId, transactionId) =>
      reversed.has(identity(customerId, transactionId)) || before.isReversed(customerId, transactionId),
    customer,
    occurredMs: (customerId, transactionId) =>
      ids.get(identity(customerId, transactionId))?.occurredMs ?? before.occurredMs(customerId, transactionId),
    accept({ customerId, currency, contentSha256, row }) {
      const undoes = undoneBy(row);
      // Behind every position that is gone: which one it will be does not matter here.
      const id = { contentSha256, undoes, occurredMs: row.occurredMs, ledgerPosition: Number.POSITIVE_INFINITY };
      ids.set(identity(customerId, row.transactionId), id);
      if (undoes !== null) reversed.add(identity(customerId, undoes));
      const { latestOccurredMs, ...facts } = customer(customerId) ?? newlyKnown(currency);
      customers.set(customerId, { ...facts, latestOccurredMs: Math.max(row.occurredMs, latestOccurredMs) });
    },
  };
}

function newlyKnown(currency: string): KnownCustomer {
  return { currency, latestOccurredMs: -Infinity, basePosition: 0, keptFromMs: -Infinity };
}

/** The row that a row undoes; null: none. A failed reversal undoes nothing. */
export function undoneBy(row: LedgerRow): string | null {
  return isReversal(row) ? row.reversesTransactionId : null;
}

/** Map key of a transaction's identity; neither id may hold a blank. */
export function identity(customerId: string, transactionId: string): string {
  return `${customerId} ${transactionId}`;
}
