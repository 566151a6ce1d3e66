import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../services/platform/postgres/migrate.ts';
import { createPool, type Pool } from '../../services/platform/postgres/pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testStack } from '../support/stack.ts';
import { runSimulator, SIMULATOR_MIGRATIONS } from './simulator-support.ts';

let database: TestDatabase;
let owner: Pool;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase(testStack().postgres);
  await migrate({
    ownerUrl: database.url('pde_simulator_owner'),
    schema: 'bank',
    directory: SIMULATOR_MIGRATIONS,
  });
  owner = createPool({ url: database.url('pde_simulator_owner') });
  env = { PDE_POSTGRES_URL: database.url('pde_simulator') };
  folder = await mkdtemp(join(tmpdir(), 'pde-berka-'));
});

afterAll(async () => {
  await owner.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const SMALL = ['import-synthetic', '--customers', '12', '--months', '4', '--seed', '5'];

describe('a synthetic bank', () => {
  it('is imported whole, in booking order, with profiles placed before what they bear on', async () => {
    const { code, json } = await runSimulator(SMALL, env);
    expect(code).toBe(0);
    expect(json).toMatchObject({ bank_id: 'synthetic-12x4-seed5', imported: true, customers: 12, currency: 'EUR' });
    const { rows } = await owner.query(
      `SELECT count(*)::int AS transactions, min(sequence)::int AS first, max(sequence)::int AS last,
         count(DISTINCT customer_id)::int AS customers,
         (SELECT count(*) FROM bank.transactions a JOIN bank.transactions b
            ON b.bank_id = a.bank_id AND b.sequence = a.sequence + 1 AND b.booking_time < a.booking_time)::int AS disordered,
         (SELECT count(*) FROM bank.profiles p JOIN bank.transactions t
            ON t.bank_id = p.bank_id AND t.customer_id = p.customer_id
            AND t.sequence < p.before_sequence AND t.occurred_time >= p.effective_time)::int AS late_profiles
       FROM bank.transactions`,
    );
    const transactions = json?.transactions as number;
    expect(rows[0]).toEqual({
      transactions,
      first: 0,
      last: transactions - 1,
      customers: 12,
      disordered: 0,
      late_profiles: 0,
    });
  });

  it('is left as it is when it is there already, and made again to the same bytes when it is replaced', async () => {
    const digest = async () =>
      (await owner.query(`SELECT md5(string_agg(t::text, '|' ORDER BY sequence)) AS d FROM bank.transactions t`))
        .rows[0]?.d;
    const before = await digest();
    expect((await runSimulator(SMALL, env)).json).toMatchObject({ imported: false });
    expect((await runSimulator([...SMALL, '--replace'], env)).json).toMatchObject({ imported: true });
    expect(await digest()).toBe(before);
  });

  it('keeps its hidden state from the run-time role', async () => {
    const runtime = createPool({ url: env.PDE_POSTGRES_URL ?? '' });
    await expect(runtime.query('SELECT * FROM bank.truth_customers')).rejects.toMatchObject({ code: '42501' });
    await runtime.close();
    const { rows } = await owner.query('SELECT count(*)::int AS n FROM bank.truth_customers');
    expect(rows).toEqual([{ n: 12 }]);
  });

  it('is told from another bank under the same id', async () => {
    const { code, stderr } = await runSimulator([...SMALL.slice(0, -1), '6', '--bank', 'synthetic-12x4-seed5'], env);
    expect(code).toBe(1);
    expect(stderr).toContain('made from something else');
  });
});

const ACCOUNTS = '"account_id";"district_id";"frequency";"date"\n7;1;"POPLATEK MESICNE";930101\n';
const HEADER = '"trans_id";"account_id";"date";"type";"operation";"amount";"balance";"k_symbol";"bank";"account"\n';
const GOOD = [
  '3;7;930204;"VYDAJ";"PREVOD NA UCET";250.50;749.50;"SIPO";"AB";1234',
  '1;7;930102;"PRIJEM";"VKLAD";1000.00;1000.00;"";"";0',
  '2;7;930204;"VYBER";"VYBER";49.50;700.00;"";"";0',
].join('\n');

describe('a Berka folder', () => {
  it('is imported by date, then in the order of the file', async () => {
    await writeFile(join(folder, 'account.asc'), ACCOUNTS);
    await writeFile(join(folder, 'trans.asc.gz'), gzipSync(HEADER + GOOD));
    const { code, json } = await runSimulator(['import-berka', '--data', folder], env);
    expect(code).toBe(0);
    expect(json).toMatchObject({ bank_id: 'berka', customers: 1, transactions: 3, profiles: 0, currency: 'CZK' });
    const { rows } = await owner.query(
      `SELECT transaction_id, customer_id, amount_minor, category, channel FROM bank.transactions
       WHERE bank_id = 'berka' ORDER BY sequence`,
    );
    expect(rows).toEqual([
      { transaction_id: '1', customer_id: 'berka-7', amount_minor: 100000n, category: 'cash', channel: 'branch' },
      { transaction_id: '3', customer_id: 'berka-7', amount_minor: 25050n, category: 'rent', channel: 'transfer' },
      { transaction_id: '2', customer_id: 'berka-7', amount_minor: 4950n, category: 'cash', channel: 'branch' },
    ]);
  });

  it('with malformed lines stops, naming file and line, unless they are to be skipped', async () => {
    const broken = `${HEADER}${GOOD}\n4;7;931345;"PRIJEM";"VKLAD";1.00;1.00;"";"";0\n5;8;930101;"PRIJEM";"VKLAD";1.00;1.00;"";"";0\n`;
    await writeFile(join(folder, 'trans.asc.gz'), gzipSync(broken));
    const refused = await runSimulator(['import-berka', '--data', folder, '--bank', 'broken'], env);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('trans.asc.gz:5: date is "931345": no such date');
    expect(refused.stderr).toContain('trans.asc.gz:6: account_id 8 is not in the account file');
    const skipped = await runSimulator(['import-berka', '--data', folder, '--bank', 'broken', '--skip-bad'], env);
    expect(skipped.json).toMatchObject({ transactions: 3, skipped_lines: 2 });
  });

  it('that is not there is said in one line, and so is a flag that is not known', async () => {
    const missing = await runSimulator(['import-berka', '--data', join(folder, 'nowhere')], env);
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('there is no trans.asc')]);
    const unknown = await runSimulator(['import-berka', '--dta', folder], env);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('--dta')]);
  });
});
