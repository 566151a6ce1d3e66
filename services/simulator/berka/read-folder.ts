import { CommandError } from '../usage-error.ts';
import {
  type BerkaLoan,
  type BerkaTransaction,
  customerIdOf,
  parseAccount,
  parseLoan,
  parseTransaction,
} from './mapping.ts';
import { type BadLine, type ReadFile, readFirst } from './read-file.ts';

export interface BerkaFolder {
  /** By date, then in the file's order. */
  readonly transactions: readonly BerkaTransaction[];
  /** Accounts that have transactions, each once, in order of first appearance. */
  readonly customerIds: readonly string[];
  readonly loans: readonly BerkaLoan[];
  readonly bad: readonly BadLine[];
  readonly sources: Readonly<Record<string, string>>;
}

const TRANSACTION_HEADER = 'trans_id;account_id;date;type;operation;amount;balance;k_symbol;bank;account';
const ACCOUNT_HEADER = 'account_id;district_id;frequency;date';
const LOAN_HEADER = 'loan_id;account_id;date;amount;duration;payments;status';

/** Reads trans.asc(.gz), account.asc(.gz) and, where it is there, loan.asc(.gz). @throws CommandError if a file is missing */
export async function readBerkaFolder(folder: string): Promise<BerkaFolder> {
  const [trans, accounts, loans] = await Promise.all([
    readFirst(folder, ['trans.asc', 'trans.asc.gz'], TRANSACTION_HEADER, parseTransaction),
    readFirst(folder, ['account.asc', 'account.asc.gz'], ACCOUNT_HEADER, parseAccount),
    readFirst(folder, ['loan.asc', 'loan.asc.gz'], LOAN_HEADER, parseLoan),
  ]);
  if (trans === null) throw new CommandError(`${folder}: there is no trans.asc or trans.asc.gz`);
  if (accounts === null) throw new CommandError(`${folder}: there is no account.asc or account.asc.gz`);
  const known = new Set(accounts.values.map(({ value }) => customerIdOf(value.accountId)));
  const { transactions, bad } = consistent(trans, known);
  const files = [trans, accounts, ...(loans === null ? [] : [loans])];
  return {
    transactions: transactions.sort((a, b) => a.day - b.day),
    customerIds: [...new Set(transactions.map((one) => one.customerId))],
    loans: loans?.values.map(({ value }) => value) ?? [],
    bad: [...trans.bad, ...bad, ...accounts.bad, ...(loans?.bad ?? [])],
    sources: Object.fromEntries(files.map((file) => [file.name, file.sha256])),
  };
}

/** A transaction needs an account, and an id that no other has. */
export function consistent(
  file: Pick<ReadFile<BerkaTransaction>, 'values' | 'name'>,
  known: ReadonlySet<string>,
): { transactions: BerkaTransaction[]; bad: BadLine[] } {
  const firstLine = new Map<string, number>();
  const transactions: BerkaTransaction[] = [];
  const bad: BadLine[] = [];
  for (const { value, line } of file.values) {
    const earlier = firstLine.get(value.transactionId);
    if (earlier !== undefined) {
      bad.push({ file: file.name, line, problem: `trans_id ${value.transactionId} is also on line ${earlier}` });
    } else if (!known.has(value.customerId)) {
      bad.push({ file: file.name, line, problem: `account_id ${value.row.accountId} is not in the account file` });
    } else {
      firstLine.set(value.transactionId, line);
      transactions.push(value);
    }
  }
  return { transactions, bad };
}
