import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../domain/calendar/days.ts';
import { observeAsOf, positionLearnedBy, profileAt } from '../../domain/features/as-of.ts';
import { LABEL_PARAMETERS, missLabelAt } from '../../domain/obligations/label.ts';
import { endDayOf, generateCustomer } from '../../domain/synthetic-bank/generate.ts';
import { DEFAULT_PARAMETERS as p } from '../../domain/synthetic-bank/parameters.ts';
import type { CustomerHistory } from '../store/bank-rows.ts';
import { createCursor } from './cursor.ts';
import { createLeakCheck } from './leak-check.ts';
import type { TablePlan } from './plan.ts';
import { type DatasetRow, datasetRows } from './rows.ts';
import { emptyWaterfalls, total, type Waterfall } from './waterfall.ts';

const MONTHS = 12;
const LAGS = [0, 15, 30];
const dataEndMs = endDayOf(p, MONTHS) * DAY_MS;
const plan: TablePlan = {
  currency: p.currency,
  seed: 5,
  dataEndMs,
  fromMs: Number.NEGATIVE_INFINITY,
  toMs: dataEndMs,
  lagsDays: LAGS,
  label: LABEL_PARAMETERS,
  censorDays: 75,
  leakShare: 0.1,
};

const people: readonly CustomerHistory[] = Array.from({ length: 12 }, (_, index) =>
  generateCustomer(p, { seed: 31, index, months: MONTHS }),
);

interface Made extends DatasetRow {
  readonly person: CustomerHistory;
}

function make(change: Partial<TablePlan> = {}) {
  const changed = { ...plan, ...change };
  const waterfalls = emptyWaterfalls(changed.lagsDays);
  let leakRows = 0;
  const rows = people.flatMap((person): Made[] => {
    const leakCheck = createLeakCheck(changed, person);
    const made = [...datasetRows(person, changed, { waterfalls, leakCheck })];
    leakRows += leakCheck.rows;
    return made.map((row) => ({ ...row, person }));
  });
  return { rows, waterfalls, leakRows };
}

const { rows, waterfalls, leakRows } = make();
const ofLag = (lagDays: number) => rows.filter((row) => row.lagDays === lagDays);
const key = ({ person, tMs }: Made) => `${person.customerId} ${tMs}`;

describe('the table', () => {
  it('has the vectors of the as-of path and the label of the whole ledger, at every lag', () => {
    for (const { person, tMs, label, values } of rows) {
      const known = person.rows.slice(0, positionLearnedBy(person.rows, tMs));
      const profile = profileAt(person.profiles, tMs);
      expect(values).toEqual(observeAsOf(p.currency, known, profile, tMs)?.values);
      expect(missLabelAt(profile, person.rows, tMs)).toEqual({ eligibility: 'eligible', label });
    }
    for (const lag of LAGS) expect(ofLag(lag).length).toBeGreaterThan(60);
  });

  it('has at a lag the moments of lag 0, so many days earlier, as far as the data go, in order of time', () => {
    const moments = new Set(make({ censorDays: 0 }).rows.map(key));
    const later = ofLag(15).filter(({ person, tMs }) => !moments.has(`${person.customerId} ${tMs + 15 * DAY_MS}`));
    // Only where the moment itself was not eligible.
    expect(later.length).toBeLessThan(ofLag(15).length / 5);
    expect(ofLag(0).map(key)).toEqual(make({ lagsDays: [0] }).rows.map(key));
    for (const person of people) {
      const times = rows.filter((row) => row.person === person).map((row) => row.tMs);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  });

  it('accounts for every candidate, lag by lag', () => {
    for (const [lagDays, counts] of waterfalls) {
      const { customerMonths, positives, ...ends }: Waterfall = counts;
      expect(Object.values(ends).reduce((sum, count) => sum + count, 0)).toBe(customerMonths);
      expect(counts.eligible).toBe(ofLag(lagDays).length);
      expect(positives).toBe(ofLag(lagDays).filter((row) => row.label === 1).length);
    }
    // Earlier snapshots lie before the first row of a customer more often, and are censored less often.
    expect(waterfalls.get(30)!.noHistory).toBeGreaterThan(waterfalls.get(0)!.noHistory);
    expect(waterfalls.get(30)!.censored).toBeLessThan(waterfalls.get(0)!.censored);
  });

  it('has no row whose label the data cannot know', () => {
    expect(Math.max(...rows.map((row) => row.tMs))).toBeLessThanOrEqual(dataEndMs - 75 * DAY_MS);
  });

  it('has only the rows of a range of time, and the same ones', () => {
    const fromMs = dataEndMs - 170 * DAY_MS;
    const toMs = dataEndMs - 100 * DAY_MS;
    const some = make({ fromMs, toMs });
    const inside = rows.filter(({ tMs }) => tMs >= fromMs && tMs < toMs);
    expect(some.rows.map(key)).toEqual(inside.map(key));
    expect(some.waterfalls.get(0)!.censored).toBe(0);
    expect(inside.length).toBeGreaterThan(30);
  });

  it('judges eligibility by other parameters where they are given', () => {
    const label = { ...LABEL_PARAMETERS, lateDays: 60, graceDays: 10 };
    const loose = make({ label, censorDays: 55 });
    for (const { person, tMs, label: one } of loose.rows) {
      const judged = missLabelAt(profileAt(person.profiles, tMs), person.rows, tMs, label);
      expect(judged).toEqual({ eligibility: 'eligible', label: one });
    }
    expect(loose.waterfalls.get(0)!.alreadyLate).toBeLessThan(waterfalls.get(0)!.alreadyLate);
  });
});

describe('the leak check', () => {
  it('computes a share of the vectors again, chosen by the seed, and finds no difference', () => {
    const vectors =
      total(waterfalls, 'customerMonths') - total(waterfalls, 'censored') - total(waterfalls, 'noHistory');
    expect(leakRows / vectors).toBeGreaterThan(0.05);
    expect(leakRows / vectors).toBeLessThan(0.15);
    expect(make({ leakShare: 1 }).leakRows).toBe(vectors);
    expect(make({ leakShare: 0 }).leakRows).toBe(0);
  });

  it('catches a vector that knows of a later row, and names customer, moment and feature', () => {
    const person = people[0]!;
    const leakShare = 1;
    const honest = createCursor(p.currency, person.rows);
    // A day of grace for slow feeds, as someone might think: rows of tomorrow are in.
    const leaky = {
      observeAt: (_: unknown, atMs: number) => {
        const profile = profileAt(person.profiles, atMs);
        const observation = honest.observeAt(profile, atMs);
        const tomorrow = person.rows.slice(0, positionLearnedBy(person.rows, atMs + DAY_MS));
        const more = observeAsOf(p.currency, tomorrow, profile, atMs + DAY_MS);
        return observation === null || more === null ? null : { ...observation, values: more.values };
      },
    };
    const counters = {
      waterfalls: emptyWaterfalls(LAGS),
      leakCheck: createLeakCheck({ ...plan, leakShare }, person),
    };
    const run = () => [...datasetRows(person, { ...plan, leakShare }, counters, leaky)];
    expect(run).toThrow(new RegExp(`^leak: customer ${person.customerId} at \\S+Z: feature [a-z0-9_]+ is `));
  });

  it('catches a profile from the future: a standing that was not known yet', () => {
    const person = people[0]!;
    const foreseen = { ...person, profiles: [{ ...person.profiles[0]!, effectiveMs: 0, standing: 'closed' as const }] };
    const counters = {
      waterfalls: emptyWaterfalls(LAGS),
      leakCheck: createLeakCheck({ ...plan, leakShare: 1 }, person),
    };
    expect(() => [...datasetRows(foreseen, plan, counters)]).toThrow('it is closed, and eligible without what was');
  });
});
