/**
 * Appends a batch's accepted records to their customers' windows, in order, and computes the vector of each triggered one as
 * it stands right after its own row: (t, n, v) = (its occurred time, its ledger position, the profile in force at t).
 */
import type { LedgerRow } from '../domain/bank/transaction.ts';
import { type KeptLedger, medianDebitKept, observeKept } from '../domain/features/kept-ledger.ts';
import { medianDebitMinor } from '../domain/features/median-debit.ts';
import { dateOf } from '../domain/features/records.ts';
import type { Observation } from '../domain/features/types.ts';
import { appendRow, observe } from '../domain/features/window.ts';
import type { TriggerPolicy } from '../domain/triggers/policy.ts';
import { triggersOf } from '../domain/triggers/triggers.ts';
import { derivedId } from '../platform/ids/derived-id.ts';
import { vectorSha256 } from './content-digest.ts';
import { type CustomerState, newCustomer, rebuiltWindow } from './customer-state.ts';
import { identity, type PlacedRecord, undoneBy } from './plan.ts';
import { isStopped, profileAt } from './profile-history.ts';
import type { LedgerEntry } from './store/insert-ledger.ts';
import { NO_PROFILES, type ProfileHistory } from './store/read-profiles.ts';

/** A ledger entry with the vector that it triggered, if any. */
export interface ComputedEntry extends LedgerEntry {
  readonly vector: { readonly observation: Observation; readonly scheduledSendUs: bigint | null } | null;
}

export interface ComputeDeps {
  readonly partition: number;
  readonly policy: TriggerPolicy;
  /** Customers that the ledger knows, as the batch found them; customers that are new are added. */
  readonly states: Map<string, CustomerState>;
  readonly histories: ReadonlyMap<string, ProfileHistory>;
  /** All that is kept of a customer's committed ledger. */
  readonly readKept: (customerId: string, currency: string) => Promise<KeptLedger>;
  /** Ledger position of a committed transaction; null: it has not come. */
  readonly positionOf: (customerId: string, transactionId: string) => number | null;
  /** Told of each window that a late row made to be rebuilt. */
  readonly onRebuild?: () => void;
}

/** One entry an accepted record, in order. The states are moved along; if the batch fails, forget them. */
export async function computeBatch(
  accepted: readonly PlacedRecord[],
  deps: ComputeDeps,
): Promise<readonly ComputedEntry[]> {
  const ledgers = createLedgerView(deps);
  const entries: ComputedEntry[] = [];
  for (const record of accepted) {
    const state = stateOf(record, deps.states);
    ledgers.note(record);
    if (await appendTo(state, record, ledgers)) deps.onRebuild?.();
    advance(state, record);
    entries.push(await entryOf(record, state, deps, ledgers));
  }
  return entries;
}

function stateOf(record: PlacedRecord, states: Map<string, CustomerState>): CustomerState {
  const known = states.get(record.customerId);
  if (known !== undefined) return known;
  const fresh = newCustomer(record.customerId, record.currency, record.mode);
  states.set(record.customerId, fresh);
  return fresh;
}

/** A row that is older than the fold, or undoes something in it, rebuilds the window from the ledger. @returns whether it did */
async function appendTo(state: CustomerState, record: PlacedRecord, ledgers: LedgerView): Promise<boolean> {
  const originalPosition = ledgers.positionOfOriginal(record);
  if (appendRow(state.window, record.row, originalPosition).kind === 'appended') return false;
  state.window = rebuiltWindow(await ledgers.ledgerOf(state));
  return true;
}

function advance(state: CustomerState, record: PlacedRecord): void {
  state.ledgerRows += 1;
  state.latestOccurredMs = Math.max(state.latestOccurredMs, record.row.occurredMs);
  state.mode = record.mode;
}

/** When a row was known: a replay learns at booking time, a live feed when the broker appended it. */
function learnedMs(record: PlacedRecord): number {
  return record.mode === 'replay' ? record.row.bookedMs : record.appendMs;
}

async function entryOf(
  record: PlacedRecord,
  state: CustomerState,
  deps: ComputeDeps,
  ledgers: LedgerView,
): Promise<ComputedEntry> {
  const history = deps.histories.get(record.customerId) ?? NO_PROFILES;
  const triggers = isStopped(history, record.appendMs) ? [] : await triggersOfRecord(record, state, deps, ledgers);
  const base = {
    customerId: record.customerId,
    ledgerPosition: state.ledgerRows,
    row: record.row,
    mode: record.mode,
    contentSha256: record.contentSha256,
    arrivalMs: record.appendMs,
    learnedMs: learnedMs(record),
    topicPartition: deps.partition,
    logOffset: record.offset,
  };
  if (triggers.length === 0) return { ...base, triggered: null, vector: null };
  const observation = await observeRecord(record, state, history, ledgers);
  return {
    ...base,
    triggered: {
      triggers,
      predictionId: derivedId('prediction', record.customerId, record.row.transactionId),
      profileVersion: observation.profileVersion,
      vectorSha256: vectorSha256(observation.values),
    },
    vector: { observation, scheduledSendUs: record.scheduledSendUs },
  };
}

async function triggersOfRecord(
  record: PlacedRecord,
  state: CustomerState,
  { policy }: ComputeDeps,
  ledgers: LedgerView,
): Promise<readonly string[]> {
  const { row } = record;
  const isListed = policy.largeAmountMinor[state.currency] !== undefined;
  const medianDebit = isListed ? null : await medianDebitOf(record, state, ledgers);
  const context = { currency: state.currency, medianDebitMinor: () => medianDebit };
  return triggersOf(row, state.ledgerRows, context, policy);
}

/** From the window, unless it has folded some of the dates that the median is of. */
async function medianDebitOf(record: PlacedRecord, state: CustomerState, ledgers: LedgerView): Promise<number | null> {
  const { row } = record;
  if (dateOf(row) - (MEDIAN_DATES - 1) >= state.window.fold.boundaryDay) return medianDebitMinor(state.window, row);
  return medianDebitKept(await ledgers.ledgerOf(state), row);
}

/** Dates that the median debit looks at. */
const MEDIAN_DATES = 90;

async function observeRecord(
  record: PlacedRecord,
  state: CustomerState,
  history: ProfileHistory,
  ledgers: LedgerView,
): Promise<Observation> {
  const atMs = record.row.occurredMs;
  const profile = profileAt(history, atMs);
  const observation = observe(state.window, profile, atMs) ?? observeKept(await ledgers.ledgerOf(state), profile, atMs);
  if (observation === null || observation === 'gone') {
    throw new Error('a ledger that holds a row at t has no observation at t');
  }
  return observation;
}

/** What is kept of a customer's ledger at this point of the batch: what is committed, and the batch's rows so far. */
interface LedgerView {
  note(record: PlacedRecord): void;
  /** Of the row that the record undoes; null: it undoes none, or that one has not come. */
  positionOfOriginal(record: PlacedRecord): number | null;
  ledgerOf(customer: Pick<CustomerState, 'customerId' | 'currency'>): Promise<KeptLedger>;
}

function createLedgerView({ readKept, positionOf, states }: ComputeDeps): LedgerView {
  const committed = new Map<string, Promise<KeptLedger>>();
  const added = new Map<string, LedgerRow[]>();
  const positions = new Map<string, number>();
  return {
    note({ customerId, row }) {
      positions.set(identity(customerId, row.transactionId), (states.get(customerId)?.ledgerRows ?? 0) + 1);
      const rows = added.get(customerId);
      if (rows === undefined) added.set(customerId, [row]);
      else rows.push(row);
    },
    positionOfOriginal({ customerId, row }) {
      const originalId = undoneBy(row);
      if (originalId === null) return null;
      return positions.get(identity(customerId, originalId)) ?? positionOf(customerId, originalId);
    },
    async ledgerOf({ customerId, currency }) {
      const reading = committed.get(customerId) ?? readKept(customerId, currency);
      committed.set(customerId, reading);
      const kept = await reading;
      const rows = [...kept.rows, ...(added.get(customerId) ?? [])];
      return { ...kept, rows, goneAt: (id) => kept.goneAt(id) ?? positionOf(customerId, id) };
    },
  };
}
