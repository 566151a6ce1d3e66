import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../domain/calendar/days.ts';
import { observeAsOf, positionLearnedBy, profileAt } from '../../domain/features/as-of.ts';
import { missLabelAt } from '../../domain/obligations/label.ts';
import { endDayOf, generateCustomer } from '../../domain/synthetic-bank/generate.ts';
import { DEFAULT_PARAMETERS as p } from '../../domain/synthetic-bank/parameters.ts';
import type { CustomerHistory } from '../store/bank-rows.ts';
import { type DatasetRow, datasetRows, emptyWaterfall } from './rows.ts';

const MONTHS = 12;
const dataEndMs = endDayOf(p, MONTHS) * DAY_MS;
const bounds = { currency: p.currency, seed: 5, dataEndMs };

const people: readonly CustomerHistory[] = Array.from({ length: 12 }, (_, index) =>
  generateCustomer(p, { seed: 31, index, months: MONTHS }),
);
const waterfall = emptyWaterfall();
const rows: readonly DatasetRow[] = people.flatMap((person) => [...datasetRows(person, bounds, waterfall)]);

describe('the training table', () => {
  it('has the vectors of the as-of path and the label of the whole ledger', () => {
    for (const row of rows) {
      const person = people.find((one) => one.customerId === row.customerId) as CustomerHistory;
      const known = person.rows.slice(0, positionLearnedBy(person.rows, row.tMs));
      const profile = profileAt(person.profiles, row.tMs);
      expect(row.values).toEqual(observeAsOf(p.currency, known, profile, row.tMs)?.values);
      expect(row.label).toBe(missLabelAt(profile, person.rows, row.tMs).label);
    }
    expect(rows.length).toBeGreaterThan(60);
  });

  it('has the same vectors when all later data are taken away', () => {
    for (const row of rows.filter((_, i) => i % 9 === 0)) {
      const person = people.find((one) => one.customerId === row.customerId) as CustomerHistory;
      const cut = {
        ...person,
        rows: person.rows.filter((one) => one.bookedMs <= row.tMs),
        profiles: person.profiles.filter((one) => one.effectiveMs <= row.tMs),
      };
      const again = [...datasetRows(cut, bounds, emptyWaterfall())].find((one) => one.tMs === row.tMs);
      expect(again?.values).toEqual(row.values);
    }
  });

  it('accounts for every customer-month', () => {
    const { customerMonths, positives, ...ends } = waterfall;
    expect(Object.values(ends).reduce((sum, count) => sum + count, 0)).toBe(customerMonths);
    expect(waterfall.eligible).toBe(rows.length);
    expect(positives).toBe(rows.filter((row) => row.label === 1).length);
  });

  it('has no moment whose label the data cannot know', () => {
    expect(Math.max(...rows.map((row) => row.tMs))).toBeLessThanOrEqual(dataEndMs - 75 * DAY_MS);
  });
});
