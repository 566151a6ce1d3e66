import {
  type Category,
  type Channel,
  Declares,
  type Direction,
  type LedgerRow,
} from '../../domain/bank/transaction.ts';
import { DAY_MS } from '../../domain/calendar/days.ts';
import { all, bad, ok, type Parsed, parseDate, parseId, parseMinor, splitLine } from './line.ts';

/**
 * What the original codes mean (PKDD'99 Discovery Challenge, tables account, trans and loan). The customer is the account. The
 * feed tells bills by k_symbol, cash by operation and sanctions by k_symbol; it tells no merchant, no failed payment, no
 * spending category and no time of day.
 */

export const BERKA_CURRENCY = 'CZK';
export const BERKA_DECLARES = Declares.billCategory | Declares.overdraftCharges | Declares.channel;

export interface BerkaTransaction {
  readonly customerId: string;
  readonly transactionId: string;
  readonly day: number;
  readonly row: LedgerRow;
}

export interface BerkaAccount {
  readonly accountId: string;
  readonly openedDay: number;
}

export interface BerkaLoan {
  readonly loanId: string;
  readonly accountId: string;
  readonly customerId: string;
  readonly grantDay: number;
  readonly amountMinor: number;
  readonly durationMonths: number;
  readonly paymentMinor: number;
  readonly status: string;
}

const DIRECTIONS: Readonly<Record<string, Direction>> = { PRIJEM: 'credit', VYDAJ: 'debit', VYBER: 'debit' };

const CHANNELS: Readonly<Record<string, Channel>> = {
  VKLAD: 'branch',
  VYBER: 'branch',
  'VYBER KARTOU': 'card',
  'PREVOD Z UCTU': 'transfer',
  'PREVOD NA UCET': 'transfer',
  '': 'internal',
};

const CATEGORIES: Readonly<Record<string, Category>> = {
  SIPO: 'rent',
  POJISTNE: 'insurance',
  SLUZBY: 'fee',
  UROK: 'interest',
  DUCHOD: 'benefit',
  UVER: 'loan',
  'SANKC. UROK': 'overdraft_charge',
  '': 'unknown',
};

/** What the bank books by itself, although the file calls some of it a withdrawal. */
const INTERNAL: ReadonlySet<Category> = new Set(['fee', 'interest', 'overdraft_charge']);

export function customerIdOf(account: string): string {
  return `berka-${account}`;
}

/** "trans_id";"account_id";"date";"type";"operation";"amount";"balance";"k_symbol";"bank";"account" */
export function parseTransaction(line: string): Parsed<BerkaTransaction> {
  const split = splitLine(line, 10);
  if (split.kind === 'bad') return split;
  const [id, account, date, type, operation, amount, balance, symbol, bank, partner] = split.value as readonly [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const parsed = all(
    parseId(id, 'trans_id'),
    parseId(account, 'account_id'),
    parseDate(date, 'date'),
    codeOf(DIRECTIONS, type, 'type'),
    codeOf(CHANNELS, operation, 'operation'),
    codeOf(CATEGORIES, symbol, 'k_symbol'),
    parseMinor(amount, 'amount', 1),
    parseMinor(balance, 'balance', -1e13),
  );
  if (parsed.kind === 'bad') return parsed;
  const [transactionId, accountId, day, direction, channel, category, amountMinor, balanceAfterMinor] = parsed.value;
  const told = {
    direction,
    amountMinor,
    balanceAfterMinor,
    category: category === 'unknown' && channel === 'branch' ? 'cash' : category,
    channel: INTERNAL.has(category) ? 'internal' : channel,
    counterpartyId: bank !== '' && partner !== '' && partner !== '0' ? `${bank}-${partner}` : null,
  } as const;
  return ok({
    transactionId,
    customerId: customerIdOf(accountId),
    day,
    row: rowOf(transactionId, accountId, day, told),
  });
}

/** "account_id";"district_id";"frequency";"date" */
export function parseAccount(line: string): Parsed<BerkaAccount> {
  const split = splitLine(line, 4);
  if (split.kind === 'bad') return split;
  const parsed = all(parseId(split.value[0] ?? '', 'account_id'), parseDate(split.value[3] ?? '', 'date'));
  return parsed.kind === 'bad' ? parsed : ok({ accountId: parsed.value[0], openedDay: parsed.value[1] });
}

/** "loan_id";"account_id";"date";"amount";"duration";"payments";"status" */
export function parseLoan(line: string): Parsed<BerkaLoan> {
  const split = splitLine(line, 7);
  if (split.kind === 'bad') return split;
  const [id, account, date, amount, duration, payments, status] = split.value;
  const parsed = all(
    parseId(id ?? '', 'loan_id'),
    parseId(account ?? '', 'account_id'),
    parseDate(date ?? '', 'date'),
    parseMinor(amount ?? '', 'amount', 1),
    parseId(duration ?? '', 'duration'),
    parseMinor(payments ?? '', 'payments', 1),
    /^[ABCD]$/.test(status ?? '') ? ok(status as string) : bad<string>(`status is "${status}": expected A, B, C or D`),
  );
  if (parsed.kind === 'bad') return parsed;
  const [loanId, accountId, grantDay, amountMinor, months, paymentMinor, ended] = parsed.value;
  const customerId = customerIdOf(accountId);
  return ok({
    loanId,
    accountId,
    customerId,
    grantDay,
    amountMinor,
    durationMonths: Number(months),
    paymentMinor,
    status: ended,
  });
}

type Told = Pick<
  LedgerRow,
  'direction' | 'amountMinor' | 'balanceAfterMinor' | 'category' | 'channel' | 'counterpartyId'
>;

function rowOf(transactionId: string, accountId: string, day: number, told: Told): LedgerRow {
  return {
    ...told,
    transactionId,
    accountId,
    occurredMs: day * DAY_MS,
    bookedMs: day * DAY_MS,
    utcOffsetMinutes: 0,
    timePrecision: 'day',
    status: 'settled',
    merchantId: null,
    obligationId: null,
    reversesTransactionId: null,
    ownTransfer: false,
    declares: BERKA_DECLARES,
  };
}

function codeOf<T>(codes: Readonly<Record<string, T>>, text: string, name: string): Parsed<T> {
  const value = Object.hasOwn(codes, text) ? codes[text] : undefined;
  return value === undefined ? bad(`${name} is "${text}": no known code`) : ok(value);
}
