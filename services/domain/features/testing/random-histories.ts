import type { Profile } from '../../bank/profile.ts';
import type { Category, Channel, LedgerRow } from '../../bank/transaction.ts';
import { DAY_MS } from '../../calendar/days.ts';
import { childKey, type Random, randomOf, rootKey } from '../../synthetic-bank/random.ts';
import { ledgerRow, obligationWith, profileWith, START } from './rows.ts';

/**
 * Seeded customers for tests and benchmarks: the same number gives the same customer for ever. Half of them are *calm* (one
 * account, one offset with a summer time, rows nearly in order, a salary), the other half *wild*: mixed offsets and precisions,
 * late rows, reversals that come before or after what they undo, several accounts, feeds that declare little, huge amounts.
 */
export interface RandomCustomer {
  /** In the order the engine learned of them. */
  readonly rows: readonly LedgerRow[];
  readonly profile: Profile | null;
}

const CATEGORIES: readonly Category[] = [
  'unknown',
  'groceries',
  'rent',
  'utilities',
  'dining',
  'shopping',
  'loan',
  'insurance',
  'overdraft_charge',
  'cash',
  'subscription',
  'card_payment',
  'transport',
];
const CHANNELS: readonly Channel[] = ['unknown', 'card', 'atm', 'branch', 'transfer', 'direct_debit'];
const WILD_OFFSETS = [0, 0, 0, 60, 120, -300, 840, -840];

export function randomCustomer(number: number): RandomCustomer {
  const random = randomOf(childKey(rootKey(8), number));
  const wild = number % 2 === 1;
  return { rows: rowsOf(random, wild), profile: random.chance(0.15) ? null : profileOf(random) };
}

/** Ledger position of the original that row n (from 0) undoes; null: the ledger has none yet, or it undoes nothing. */
export function originalPosition(rows: readonly LedgerRow[], n: number): number | null {
  const id = rows[n]!.reversesTransactionId;
  const index = rows.slice(0, n).findIndex((row) => row.transactionId === id);
  return id === null || index < 0 ? null : index + 1;
}

interface Making {
  readonly random: Random;
  readonly wild: boolean;
  readonly declares: number;
  readonly rows: LedgerRow[];
  /** Ids that a reversal has undone before they came. */
  readonly promised: string[];
  balanceMinor: number;
}

function rowsOf(random: Random, wild: boolean): LedgerRow[] {
  const declares = random.chance(0.8) ? 63 : random.pick([0, 7, 31]);
  const making: Making = { random, wild, declares, rows: [], promised: [], balanceMinor: random.integer(0, 400_000) };
  const count = random.integer(1, 220);
  const payEvery = random.pick([0, 7, 14, 30, 30]);
  const payLasts = random.integer(30, 500);
  const knowsBalance = random.chance(0.8);
  let day = START;
  let payDay = START + random.integer(0, 20);
  for (let i = 0; i < count; i++) {
    day += random.chance(0.03) ? random.integer(20, 130) : random.integer(0, wild ? 4 : 2);
    for (; payEvery > 0 && payDay <= Math.min(day, START + payLasts); payDay += payEvery) pay(making, payDay);
    addRow(making, i, day, knowsBalance);
  }
  return making.rows;
}

function pay({ random, rows, declares }: Making, day: number): void {
  rows.push(
    ledgerRow({
      transactionId: `s${day}`,
      day: day + (random.chance(0.1) ? random.integer(1, 9) : 0),
      direction: 'credit',
      amountMinor: 400_000 + random.integer(0, 5) * 1_000,
      counterpartyId: 'employer',
      category: 'salary',
      channel: 'transfer',
      declares,
    }),
  );
}

function addRow(making: Making, index: number, day: number, knowsBalance: boolean): void {
  const { random, wild, rows, promised } = making;
  const utcOffsetMinutes = wild ? random.pick(WILD_OFFSETS) : (day - START) % 365 > 90 ? 120 : 60;
  const timePrecision = wild && random.chance(0.25) ? 'day' : 'second';
  const late = random.chance(wild ? 0.2 : 0.02) ? random.integer(1, random.chance(0.3) ? 200 : 20) : 0;
  const ms = timePrecision === 'day' ? 0 : random.integer(0, DAY_MS / 1_000 - 1) * 1_000;
  const credit = random.chance(wild ? 0.33 : 0.1);
  const amountMinor = amountOf(random, wild);
  making.balanceMinor += credit ? amountMinor : -amountMinor;
  const known = knowsBalance && random.chance(wild ? 0.5 : 0.98);
  const balanceMinor = wild ? random.integer(-200_000, 800_000) : making.balanceMinor;
  const returned = promised.length > 0 && random.chance(0.2) ? promised.shift()! : null;
  rows.push(
    ledgerRow({
      transactionId: returned ?? `t${index}`,
      occurredMs: (day - late) * DAY_MS + ms - utcOffsetMinutes * 60_000,
      utcOffsetMinutes,
      timePrecision,
      direction: credit ? 'credit' : 'debit',
      status: random.chance(wild ? 0.15 : 0.03) ? 'failed' : 'settled',
      accountId: wild ? random.pick(['a', 'a', 'a', 'b', 'c']) : 'a',
      amountMinor,
      balanceAfterMinor: known ? balanceMinor : null,
      channel: random.pick(CHANNELS),
      category: random.pick(CATEGORIES),
      merchantId: random.chance(0.2) ? null : `merchant-${random.integer(1, 30)}`,
      counterpartyId: random.pick([null, 'p1', 'p2']),
      obligationId: random.pick([null, null, null, 'rent', 'loan', 'gone']),
      reversesTransactionId: returned === null ? undone(making, index) : null,
      ownTransfer: random.chance(wild ? 0.2 : 0.02),
      declares: wild && random.chance(0.1) ? random.pick([0, 7]) : making.declares,
    }),
  );
}

function amountOf(random: Random, wild: boolean): number {
  if (wild && random.chance(0.1)) return random.pick([50_000, 200_000, 10_000_000_000_000]);
  return random.integer(1, random.chance(0.1) ? 300_000 : 20_000);
}

/** What a new row reverses: mostly nothing, else one of the rows before it, or one that comes only later. */
function undone({ random, wild, rows, promised }: Making, index: number): string | null {
  if (!random.chance(wild ? 0.15 : 0.03)) return null;
  if (random.chance(0.3)) {
    promised.push(`promised-${index}`);
    return `promised-${index}`;
  }
  const candidates = rows.filter((row) => row.reversesTransactionId === null).slice(-40);
  return candidates.length === 0 ? null : random.pick(candidates).transactionId;
}

function profileOf(random: Random): Profile {
  const biweekly = obligationWith({ interval: { kind: 'days', days: 14 }, amountMinor: 9_000 });
  const loan = obligationWith({ obligationId: 'loan', kind: 'loan', amountMinor: 20_000, firstDueDay: START + 40 });
  const old = obligationWith({ obligationId: 'u', kind: 'utilities', amountMinor: 300, firstDueDay: START - 60 });
  const card = obligationWith({ obligationId: 'c', kind: 'card', amountMinor: 4_000, lastDueDay: START + 150 });
  return profileWith({
    salaryDayOfMonth: random.pick([null, null, 1, 15, 31]),
    obligationsDeclared: random.chance(0.85),
    obligations: random.pick([[], [obligationWith(), loan], [biweekly, old], [obligationWith(), old, card, loan]]),
  });
}
