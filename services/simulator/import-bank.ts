import type { Pool, Transaction } from '../platform/postgres/pool.ts';
import type { CommandResult } from './arguments.ts';
import type { BankFacts } from './store/bank-rows.ts';
import { completeBank, deleteBank, insertBank, insertCustomers, type NewBank } from './store/insert-bank.ts';
import { openProfileStage, placeProfiles } from './store/insert-profiles.ts';
import { openBank } from './store/open.ts';
import { readBank } from './store/read-bank.ts';
import { openStage, placeTransactions } from './store/stage-transactions.ts';
import { CommandError } from './usage-error.ts';

/** A bank about to be written. */
export interface ImportPlan {
  readonly bank: NewBank;
  /** Stages rows and profiles, writes truth. @returns every customer, once */
  fill(tx: Transaction): Promise<{ readonly customerIds: readonly string[]; readonly skippedLines: number }>;
}

/**
 * Writes a bank in one transaction: all of it, or nothing. A bank of the same id and from the same sources is left as it is.
 *
 * @throws CommandError if the bank is there, made from something else, and is not to be replaced
 */
export async function importBank(url: string, plan: ImportPlan, replace: boolean): Promise<CommandResult> {
  const startedMs = performance.now();
  const pool = openBank(url);
  try {
    const existing = await readBank(pool, plan.bank.bankId);
    if (existing !== null && !replace) return resultOf(sameOrThrow(existing, plan.bank), false, startedMs);
    await write(pool, plan);
    const written = await readBank(pool, plan.bank.bankId);
    if (written === null) throw new CommandError(`bank ${plan.bank.bankId} vanished while it was written`);
    return resultOf(written, true, startedMs);
  } finally {
    await pool.close();
  }
}

async function write(pool: Pool, plan: ImportPlan): Promise<void> {
  const { bankId } = plan.bank;
  await pool.transaction(async (tx) => {
    await deleteBank(tx, bankId);
    await insertBank(tx, plan.bank);
    await openStage(tx);
    await openProfileStage(tx);
    const { customerIds, skippedLines } = await plan.fill(tx);
    await insertCustomers(tx, bankId, customerIds);
    await placeTransactions(tx, bankId);
    await placeProfiles(tx, bankId);
    await completeBank(tx, bankId, skippedLines);
  });
  await pool.query('ANALYZE bank.transactions, bank.profiles').catch(() => undefined);
}

function sameOrThrow(existing: BankFacts, wanted: NewBank): BankFacts {
  const same =
    existing.kind === wanted.kind &&
    existing.seed === wanted.seed &&
    existing.months === wanted.months &&
    existing.parametersSha256 === wanted.parametersSha256 &&
    JSON.stringify(sorted(existing.sources)) === JSON.stringify(sorted(wanted.sources));
  if (same) return existing;
  throw new CommandError(
    `bank ${existing.bankId} is there and was made from something else: use another state directory, or --replace`,
  );
}

function sorted(sources: Readonly<Record<string, string>> | null): unknown {
  return sources === null ? null : Object.entries(sources).sort(([a], [b]) => (a < b ? -1 : 1));
}

function resultOf(bank: BankFacts, imported: boolean, startedMs: number): CommandResult {
  const elapsed = Math.round(performance.now() - startedMs) / 1000;
  const { bankId, customers, transactions, profiles, skippedLines } = bank;
  return {
    json: {
      bank_id: bankId,
      imported,
      kind: bank.kind,
      seed: bank.seed,
      months: bank.months,
      parameters_sha256: bank.parametersSha256,
      currency: bank.currency,
      customers,
      transactions,
      profiles,
      skipped_lines: skippedLines,
      first_booking_time: isoOf(bank.firstBookedMs),
      last_booking_time: isoOf(bank.lastBookedMs),
      data_end_time: isoOf(bank.dataEndMs),
      elapsed_s: elapsed,
    },
    summary: `${imported ? 'imported' : 'already there:'} bank ${bankId}: ${customers} customers, ${transactions} transactions, ${profiles} profile versions, ${skippedLines} lines skipped (${elapsed} s)`,
  };
}

function isoOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
