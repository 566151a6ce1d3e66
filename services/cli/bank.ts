/**
 * Which bank an engine runs on, and where its state lives. Each bank, with its parameters, has a state directory of its own, so
 * that two banks never mix in one ledger and a second start with the same flags finds its data again.
 */
import { join } from 'node:path';

export type BankChoice =
  | { readonly kind: 'synthetic'; readonly customers: number; readonly months: number; readonly seed: number }
  | { readonly kind: 'berka'; readonly dataDir: string };

/** Folder of the state of an engine on this bank, below the root of all states. */
export function stateDirOf(root: string, bank: BankChoice): string {
  if (bank.kind === 'berka') return join(root, 'berka');
  return join(root, `synthetic-${bank.customers}x${bank.months}-seed${bank.seed}`);
}

/** The bank in words. */
export function bankName(bank: BankChoice): string {
  if (bank.kind === 'berka') return `berka, from ${bank.dataDir}`;
  return `synthetic, ${bank.customers} customers over ${bank.months} months, seed ${bank.seed}`;
}

/** The simulator's command that imports the bank; a bank that is there already is left as it is. */
export function importArguments(bank: BankChoice, skipBad: boolean): readonly string[] {
  if (bank.kind === 'berka') return ['import-berka', '--data', bank.dataDir, ...(skipBad ? ['--skip-bad'] : [])];
  return [
    'import-synthetic',
    '--customers',
    `${bank.customers}`,
    '--months',
    `${bank.months}`,
    '--seed',
    `${bank.seed}`,
  ];
}
