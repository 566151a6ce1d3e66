import { bankDebit, helpFrom, ownTransfer } from './booking.ts';
import { civilOf, nextWorkday, onDayOfMonth } from './calendar.ts';
import { effectOn } from './hidden.ts';
import { type Draft, type Life, strain, today } from './life.ts';
import type { Random } from './random.ts';

/** What moves between accounts, what others lend, and what the bank takes and gives. */

export function upkeepToday(life: Life): Draft[] {
  const random = today(life, 'upkeep');
  return [
    ...putAside(life, random),
    ...takeBack(life, random),
    ...borrow(life, random),
    ...leak(life, random),
    ...charges(life),
  ];
}

/** Counts the day's close against the overdraft; call when all is booked. */
export function closeDay(life: Life): void {
  if (life.current.balanceMinor < 0) life.current.overdrawnMinorDays -= life.current.balanceMinor;
}

/** A few days a month, what is more than usual leaves the current account: to savings, or out of the bank. */
function putAside(life: Life, random: Random): Draft[] {
  const { traits, current, savings } = life;
  if (!random.chance(1 / 12)) return [];
  const usual = (0.6 + 1.3 * traits.bufferMonths) * traits.incomeMinor;
  const surplus = current.balanceMinor - usual;
  if (surplus < 5000) return [];
  const amountMinor = Math.round(surplus * random.between(0.4, 0.9)) + 1000;
  const second = random.integer(9 * 3600, 21 * 3600);
  if (savings !== null) return ownTransfer(current, savings, amountMinor, second).map(droppable);
  const draft = { ...helpFrom(life, amountMinor, second, random), direction: 'debit' } as const;
  return [droppable(draft)];
}

/** Savings help a low account out, while they last. */
function takeBack(life: Life, random: Random): Draft[] {
  const { traits, current, savings } = life;
  if (savings === null || savings.balanceMinor < 5000 || current.balanceMinor > 0.12 * traits.incomeMinor) return [];
  if (!random.chance(0.2)) return [];
  const wanted = traits.incomeMinor * random.between(0.08, 0.3);
  const amount = Math.floor(Math.min(wanted, savings.balanceMinor));
  return amount <= 0 ? [] : ownTransfer(savings, current, amount, random.integer(9 * 3600, 21 * 3600)).map(droppable);
}

function borrow(life: Life, random: Random): Draft[] {
  const borrowing = effectOn(life.hidden, life.p, 'borrowing');
  const rate = life.p.spending.otherCreditPerMonth + life.traits.shows.borrowing * borrowing;
  return Array.from({ length: random.poisson(rate / 30.4) }, () => {
    const amount = Math.max(1000, Math.round(life.traits.incomeMinor * 0.035 * random.spread(0.8)));
    return helpFrom(life, amount, random.integer(9 * 3600, 22 * 3600), random);
  });
}

/** Debts elsewhere are paid first: money that leaves under strain and is missed in the account. */
function leak(life: Life, random: Random): Draft[] {
  const payments = 2.5;
  const share = life.traits.shows.borrowing * effectOn(life.hidden, life.p, 'leakOfIncome');
  if (share <= 0) return [];
  return Array.from({ length: random.poisson((payments * Math.min(1, strain(life))) / 30.4) }, () => {
    const amount = Math.max(1000, Math.round((life.traits.incomeMinor * share * random.spread(0.6)) / payments));
    const second = random.integer(9 * 3600, 22 * 3600);
    return droppable({ ...helpFrom(life, amount, second, random), direction: 'debit' });
  });
}

/** On the first working day of a month: the account's price, interest on savings, and the overdraft's. */
function charges(life: Life): Draft[] {
  const first = onDayOfMonth(life.day, 1);
  if (nextWorkday(first) !== life.day) return [];
  const { charges: p } = life.p;
  const drafts: Draft[] = [bankDebit(life.current, 3600 + 300, p.accountFeeMinor, 'fee')];
  if (life.current.overdrawnMinorDays > 0) {
    const interest = Math.round((life.current.overdrawnMinorDays * p.overdraftAnnualRate) / 365);
    const amount = Math.max(p.overdraftMinimumMinor, interest);
    drafts.push(bankDebit(life.current, 3600 + 400, amount, 'overdraft_charge'));
    life.current.overdrawnMinorDays = 0;
  }
  const interest = life.savings === null ? 0 : Math.round(life.savings.balanceMinor * 0.0045);
  if (life.savings !== null && interest > 0 && civilOf(life.day).month % 3 === 1) {
    const credit = { direction: 'credit', category: 'interest', amountMinor: interest } as const;
    drafts.push({ ...bankDebit(life.savings, 3600 + 500, interest, 'fee'), ...credit });
  }
  return drafts;
}

/** A wish, not a duty: it is let be when the money does not suffice. */
function droppable(draft: Draft): Draft {
  return draft.direction === 'debit' ? { ...draft, ifShort: 'drop' } : draft;
}
