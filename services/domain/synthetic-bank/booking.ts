import { Declares, type LedgerRow } from '../bank/transaction.ts';
import { nextWorkday, utcOffsetMinutes } from './calendar.ts';
import { type Account, type Draft, type Life, momentOf, ownId } from './life.ts';
import type { Random } from './random.ts';

/** Turns drafts into ledger rows in booking order: balances, refusals, retries, refunds and the charges that follow. */

/** What this bank's feed tells whenever it happens: everything. */
const DECLARES = Object.values(Declares).reduce((set, bit) => set | bit, 0);

/** Books a day's drafts and what waited for the day, in order of time. */
export function bookDay(life: Life, drafts: readonly Draft[], random: Random): void {
  const waiting = life.pending.get(life.day) ?? [];
  life.pending.delete(life.day);
  const all = [...waiting, ...drafts].sort((a, b) => a.second - b.second);
  for (const draft of all) settle(life, draft, random);
}

/** Leaves a draft to be taken up on a later day. */
export function defer(life: Life, day: number, draft: Draft): void {
  const list = life.pending.get(day);
  if (list === undefined) life.pending.set(day, [draft]);
  else list.push(draft);
}

function settle(life: Life, draft: Draft, random: Random): void {
  const delay = draft.bookAfterDays ?? 0;
  if (draft.refused === true) push(life, draft, 'failed');
  else if (draft.occurred !== undefined) book(life, draft, random);
  else if (isShort(life, draft)) refuse(life, draft, random);
  else if (delay === 0) book(life, draft, random);
  else {
    const occurred = { day: life.day, second: draft.second };
    defer(life, nextWorkday(life.day + delay), { ...draft, second: random.integer(5400, 9 * 3600), occurred });
  }
}

function isShort(life: Life, draft: Draft): boolean {
  if (draft.direction === 'credit' || draft.ifShort === undefined) return false;
  const limit = draft.account === life.current ? life.traits.overdraftLimitMinor : 0;
  return draft.account.balanceMinor + limit < draft.amountMinor;
}

function refuse(life: Life, draft: Draft, random: Random): void {
  if (draft.ifShort === 'payment') refusePayment(life, draft, random);
  else if (draft.ifShort === 'show') push(life, draft, 'failed');
}

/** A payment that the balance does not cover: money is found, or it comes back and is tried again. */
function refusePayment(life: Life, draft: Draft, random: Random): void {
  const { pays } = draft;
  if (pays === undefined) return;
  if (pays.plan.sure) {
    findMoney(life, draft, random);
    book(life, draft, random);
    return;
  }
  if (draft.channel !== 'transfer') {
    push(life, draft, 'failed');
    const fee = life.p.charges.returnedDebitFeeMinor;
    if (draft.channel === 'direct_debit') push(life, bankDebit(life.current, draft.second + 1, fee, 'fee'), 'settled');
  }
  const { retryDays } = life.p.payments;
  const day = nextWorkday(life.day + random.integer(retryDays.low, retryDays.high));
  pays.of.planned.push({ ...pays.plan, day, attempts: pays.plan.attempts + 1, sure: pays.plan.attempts >= 1 });
}

/** Savings first, else somebody helps. */
function findMoney(life: Life, draft: Draft, random: Random): void {
  const missing = draft.amountMinor - life.current.balanceMinor - life.traits.overdraftLimitMinor;
  const amount = missing + random.integer(500, 13_000);
  if (life.savings !== null && life.savings.balanceMinor >= amount) {
    for (const leg of ownTransfer(life.savings, life.current, amount, draft.second)) push(life, leg, 'settled');
    return;
  }
  push(life, helpFrom(life, amount, draft.second, random), 'settled');
}

/** A transfer from family or friends. */
export function helpFrom(life: Life, amountMinor: number, second: number, random: Random): Draft {
  return {
    account: life.current,
    second,
    direction: 'credit',
    amountMinor,
    channel: 'transfer',
    category: 'other',
    counterpartyId: ownId(life, 'friend', random.integer(0, 5)),
  };
}

/** Both legs of a transfer between the customer's own accounts. */
export function ownTransfer(from: Account, to: Account, amountMinor: number, second: number): readonly Draft[] {
  const leg = { second, amountMinor, channel: 'transfer', category: 'other' } as const;
  return [
    { ...leg, account: from, own: to, direction: 'debit' },
    { ...leg, account: to, own: from, direction: 'credit' },
  ];
}

/** A fee or charge of the bank's own. */
export function bankDebit(
  account: Account,
  second: number,
  amountMinor: number,
  category: 'fee' | 'overdraft_charge',
): Draft {
  return { account, second, direction: 'debit', amountMinor, channel: 'internal', category };
}

function book(life: Life, draft: Draft, random: Random): void {
  const row = push(life, draft, 'settled');
  if (draft.pays !== undefined) complete(life, draft.pays);
  if (draft.merchantId === undefined || draft.reverses !== undefined || draft.pays !== undefined) return;
  if (!random.chance(life.p.spending.refundShare)) return;
  const { account, amountMinor, channel, category, merchantId } = draft;
  const refund = { account, amountMinor, channel, category, merchantId, direction: 'credit' } as const;
  const second = random.integer(9 * 3600, 20 * 3600);
  defer(life, life.day + random.integer(1, 10), { ...refund, second, reverses: row.transactionId });
}

function complete(life: Life, { of, plan }: NonNullable<Draft['pays']>): void {
  if (plan.partial) return;
  const { obligationId, kind } = of.obligation;
  life.dues.push({ obligationId, kind, dueDay: plan.dueDay, paidDay: life.day, cause: plan.cause });
}

function push(life: Life, draft: Draft, status: LedgerRow['status']): LedgerRow {
  const signed = draft.direction === 'credit' ? draft.amountMinor : -draft.amountMinor;
  if (status === 'settled') draft.account.balanceMinor += signed;
  const occurred = draft.occurred ?? { day: life.day, second: draft.second };
  const row: LedgerRow = {
    transactionId: ownId(life, 'transaction', life.rows.length),
    accountId: draft.account.accountId,
    occurredMs: momentOf(life.traits, occurred.day, occurred.second),
    bookedMs: momentOf(life.traits, life.day, draft.second),
    utcOffsetMinutes: utcOffsetMinutes(life.traits.zone.standardMinutes, occurred.day),
    timePrecision: 'second',
    direction: draft.direction,
    status,
    amountMinor: draft.amountMinor,
    balanceAfterMinor: draft.account.balanceMinor,
    channel: draft.channel,
    category: draft.category,
    merchantId: draft.merchantId ?? null,
    counterpartyId: draft.counterpartyId ?? null,
    obligationId: draft.pays?.of.named === true ? draft.pays.of.obligation.obligationId : null,
    reversesTransactionId: draft.reverses ?? null,
    ownTransfer: draft.own !== undefined,
    declares: DECLARES,
  };
  life.rows.push(row);
  return row;
}
