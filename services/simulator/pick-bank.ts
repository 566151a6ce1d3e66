import type { Queryable } from '../platform/postgres/pool.ts';
import type { BankFacts } from './store/bank-rows.ts';
import { listBanks } from './store/read-bank.ts';
import { CommandError, UsageError } from './usage-error.ts';

/** The bank named, or the only one there is. */
export async function pickBank(db: Queryable, bankId: string | null): Promise<BankFacts> {
  const banks = await listBanks(db);
  const ids = banks.map((bank) => bank.bankId).join(', ');
  if (bankId === null) {
    const [only] = banks;
    if (only === undefined) throw new CommandError('there is no bank yet: import one first');
    if (banks.length > 1) throw new UsageError(`--bank is missing; there are ${ids}`);
    return only;
  }
  const bank = banks.find((one) => one.bankId === bankId);
  if (bank === undefined) throw new UsageError(`--bank is ${bankId}: there is ${ids === '' ? 'no bank yet' : ids}`);
  return bank;
}
