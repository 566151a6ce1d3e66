import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../domain/calendar/days.ts';
import { CATALOGUE } from '../../domain/features/catalogue.ts';
import { LABEL_PARAMETERS } from '../../domain/obligations/label.ts';
import { endDayOf } from '../../domain/synthetic-bank/generate.ts';
import { DEFAULT_PARAMETERS as parameters } from '../../domain/synthetic-bank/parameters.ts';
import type { Block } from './block.ts';
import type { SyntheticJob } from './synthetic.ts';
import { tableColumns } from './table.ts';
import { blocksOf } from './threads.ts';
import { waterfallDocument } from './waterfall.ts';

const MONTHS = 7;
const dataEndMs = endDayOf(parameters, MONTHS) * DAY_MS;
const job: SyntheticJob = {
  parameters,
  seed: 3,
  months: MONTHS,
  firstIndex: 0,
  customers: 70,
  plan: {
    currency: parameters.currency,
    seed: 3,
    dataEndMs,
    fromMs: Number.NEGATIVE_INFINITY,
    toMs: dataEndMs,
    lagsDays: [0, 20],
    label: LABEL_PARAMETERS,
    censorDays: 75,
    leakShare: 0.05,
  },
  oracle: { continuations: 16, fromMs: dataEndMs - 120 * DAY_MS },
};

async function made(change: Partial<SyntheticJob>, threads: number) {
  const blocks: Block[] = [];
  for await (const block of blocksOf({ ...job, ...change }, threads)) blocks.push(block);
  const columns = tableColumns(true).map((_, i) => blocks.flatMap((block) => [...block.table[i]!]));
  return {
    table: Object.fromEntries(tableColumns(true).map(({ name }, i) => [name, columns[i]!])),
    attributes: blocks.flatMap((block) => block.attributes[0] as string[]),
    waterfalls: blocks.map((block) => waterfallDocument(block.waterfalls)),
    leakRows: blocks.map((block) => block.leakRows),
  };
}

describe('a table straight from the generator', async () => {
  const whole = await made({}, 1);

  it('is the same whatever number of threads makes it', async () => {
    expect(await made({}, 3)).toEqual(whole);
  });

  it('can be made in parts: the rows of a customer do not depend on the part', async () => {
    const first = await made({ customers: 25 }, 1);
    const rest = await made({ firstIndex: 25, customers: 45 }, 1);
    for (const name of ['customer_id', 't_ms', 'label', CATALOGUE[0]!.name, CATALOGUE.at(-1)!.name]) {
      expect([...first.table[name]!, ...rest.table[name]!]).toEqual(whole.table[name]);
    }
  });

  it('asks the oracle for the rows of a moment in its range alone', () => {
    const { oracle, lag_days: lags, t_ms: times } = whole.table as Record<string, number[]>;
    const asked = lags!.map((lag, row) => lag === 0 && times![row]! >= job.oracle!.fromMs);
    expect(oracle!.map((chance) => !Number.isNaN(chance))).toEqual(asked);
    expect(oracle!.filter((chance) => chance > 0 && chance < 1).length).toBeGreaterThan(40);
  });

  it('keeps attributes apart, one line a customer with a row', () => {
    expect(whole.attributes).toEqual([...new Set(whole.table.customer_id)]);
    expect(Object.keys(whole.table)).not.toContain('pay_cycle');
  });
});
