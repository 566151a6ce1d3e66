import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../calendar/days.ts';
import { profileAt } from '../features/as-of.ts';
import { missLabelAt } from '../obligations/label.ts';
import { customerKey, endDayOf, generateCustomer, hiddenAt, type SyntheticCustomer } from './generate.ts';
import { truthLabelAt } from './measure.ts';
import { DEFAULT_PARAMETERS as p } from './parameters.ts';

const MONTHS = 12;
const bank: readonly SyntheticCustomer[] = Array.from({ length: 60 }, (_, index) =>
  generateCustomer(p, { seed: 3, index, months: MONTHS }),
);

describe('the same seed', () => {
  it('makes the same customer to the byte, whoever else is made', () => {
    const again = generateCustomer(p, { seed: 3, index: 17, months: MONTHS });
    expect(JSON.stringify(again)).toBe(JSON.stringify(bank[17]));
  });

  it('makes a prefix where fewer months are asked for', () => {
    const short = generateCustomer(p, { seed: 3, index: 17, months: 5 });
    expect(short.rows).toEqual(bank[17]?.rows.slice(0, short.rows.length));
    expect(short.profiles).toEqual(bank[17]?.profiles.slice(0, short.profiles.length));
    expect(short.rows.length).toBeGreaterThan(50);
  });

  it('hides the same state from the oracle as made the history', () => {
    for (const [index, { truth }] of bank.entries()) {
      for (const state of truth.months) {
        expect(hiddenAt(p, truth.traits, customerKey(3, index), state.day)).toEqual(state);
      }
    }
  });
});

describe('another seed', () => {
  it('makes another bank, no id of which is in the first', () => {
    const other = generateCustomer(p, { seed: 4, index: 17, months: MONTHS });
    expect(other.customerId).not.toBe(bank[17]?.customerId);
    const ids = new Set(bank[17]?.rows.map((row) => row.transactionId));
    expect(other.rows.filter((row) => ids.has(row.transactionId))).toEqual([]);
  });
});

describe('a ledger', () => {
  it('is in booking order, within the data, and never books before a thing happens', () => {
    const end = endDayOf(p, MONTHS) * DAY_MS;
    for (const { rows } of bank) {
      rows.forEach((row, i) => {
        expect(row.bookedMs).toBeGreaterThanOrEqual(rows[i - 1]?.bookedMs ?? 0);
        expect(row.bookedMs).toBeGreaterThanOrEqual(row.occurredMs);
        expect(row.bookedMs).toBeLessThan(end + DAY_MS);
        expect(row.occurredMs % 1000).toBe(0);
      });
    }
  });

  it('has a running balance for each account, which only what is settled moves', () => {
    for (const { rows } of bank) {
      const balances = new Map<string, number>();
      for (const row of rows) {
        const before = balances.get(row.accountId);
        const signed = row.direction === 'credit' ? row.amountMinor : -row.amountMinor;
        const moved = row.status === 'settled' ? signed : 0;
        if (before !== undefined) expect(row.balanceAfterMinor).toBe(before + moved);
        balances.set(row.accountId, row.balanceAfterMinor ?? Number.NaN);
      }
    }
  });

  it('keeps within the bounds of the contract', () => {
    for (const { customerId, rows, profiles } of bank) {
      expect(customerId).toMatch(/^[A-Za-z0-9._-]{1,64}$/);
      expect(new Set(rows.map((row) => row.transactionId)).size).toBe(rows.length);
      for (const row of rows) {
        expect(Number.isSafeInteger(row.amountMinor) && row.amountMinor >= 1).toBe(true);
        expect(row.transactionId).toMatch(/^[!-~]{1,128}$/);
      }
      profiles.forEach((profile, i) => {
        expect(profile.version).toBe(i + 1);
        expect(profile.effectiveMs).toBeGreaterThan(profiles[i - 1]?.effectiveMs ?? 0);
        for (const obligation of profile.obligations) expect(obligation.amountMinor).toBeGreaterThanOrEqual(1);
      });
    }
  });

  it('reverses rows that were there before, each at most once, and no reversal', () => {
    const reversals = bank.flatMap(({ rows }) =>
      rows
        .map((row, i) => ({
          row,
          original: rows.slice(0, i).find((o) => o.transactionId === row.reversesTransactionId),
        }))
        .filter(({ row }) => row.reversesTransactionId !== null),
    );
    expect(reversals.length).toBeGreaterThan(5);
    for (const { row, original } of reversals) {
      expect(original).toMatchObject({ amountMinor: row.amountMinor, reversesTransactionId: null, status: 'settled' });
    }
  });

  it('knows each customer by a profile that holds from before their first row', () => {
    for (const { rows, profiles } of bank) {
      expect(profiles[0]?.effectiveMs).toBeLessThanOrEqual(rows[0]?.occurredMs ?? 0);
    }
  });
});

describe('the label', () => {
  it('read from the ledger is what the truth says, but for what was agreed after t', () => {
    let compared = 0;
    for (const { rows, profiles, truth } of bank) {
      const last = Math.min(endDayOf(p, MONTHS) - 76, truth.traits.closeDay - 96);
      for (let day = truth.traits.joinDay + 40; day < last; day += 30) {
        const atMs = day * DAY_MS + DAY_MS / 2;
        const profile = profileAt(profiles, atMs);
        const known = new Set(profile?.obligations.map(({ obligationId }) => obligationId));
        const { label } = missLabelAt(profile, rows, atMs);
        if (label === null) continue;
        const dues = truth.dues.filter(({ obligationId }) => known.has(obligationId));
        const told = truthLabelAt(dues, day);
        expect(told.kind === 'eligible' && told.missed.length > 0).toBe(label === 1);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(200);
  });
});
