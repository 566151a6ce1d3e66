import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { DAY_MS } from '../../domain/calendar/days.ts';
import { readBerkaFolder } from '../berka/read-folder.ts';
import { LOAN_COLUMNS, loanBatch, loanRows } from './loan-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'pde-loans-'));
afterAll(() => rmSync(folder, { recursive: true }));

const HEADERS = {
  trans: '"trans_id";"account_id";"date";"type";"operation";"amount";"balance";"k_symbol";"bank";"account"',
  account: '"account_id";"district_id";"frequency";"date"',
  loan: '"loan_id";"account_id";"date";"amount";"duration";"payments";"status"',
};

/** Two accounts written by hand in the files' format; the second was overdrawn before its loan, the first only after. */
const TRANSACTIONS = [
  '1;7;950102;"PRIJEM";"VKLAD";900.00;900.00;"";"";0',
  '2;7;950220;"PRIJEM";"VKLAD";20000.00;20900.00;"";"";0',
  '3;7;950301;"VYDAJ";"PREVOD NA UCET";2500.00;18400.00;"SIPO";"AB";11',
  '4;7;950601;"VYDAJ";"VYBER";19000.00;-600.00;"";"";0',
  '5;8;950103;"PRIJEM";"VKLAD";700.00;700.00;"";"";0',
  '6;8;950210;"VYDAJ";"VYBER";800.00;-100.00;"SIPO";"";0',
  '7;8;950228;"VYDAJ";"VYBER";1.20;-101.20;"SANKC. UROK";"";0',
];

async function rowsOf(loans: readonly string[], transactions: readonly string[] = TRANSACTIONS) {
  writeFileSync(join(folder, 'trans.asc.gz'), gzipSync([HEADERS.trans, ...transactions].join('\n')));
  const accounts = ['7;1;"POPLATEK MESICNE";950102', '8;1;"POPLATEK MESICNE";950103'];
  writeFileSync(join(folder, 'account.asc'), [HEADERS.account, ...accounts].join('\n'));
  writeFileSync(join(folder, 'loan.asc'), [HEADERS.loan, ...loans].join('\r\n'));
  const { loans: read, transactions: known } = await readBerkaFolder(folder);
  return loanRows(read, known);
}

describe('a row a loan', () => {
  it('holds what was known the day before the grant, and how the loan ended', async () => {
    const rows = await rowsOf(['1;7;950601;90000;12;7500.00;"A"', '2;8;950601;60000;24;2500.00;"D"']);
    expect(rows).toMatchObject([
      { accountId: '7', grantMs: Date.UTC(1995, 5, 1), label: 0, neverOverdrawn: true, entries: 3 },
      { accountId: '8', grantMs: Date.UTC(1995, 5, 1), label: 1, neverOverdrawn: false, entries: 3 },
    ]);
  });

  it('is bad for B and D, whatever the vector', async () => {
    const statuses = ['A', 'B', 'C', 'D'];
    const rows = await rowsOf(statuses.map((status, i) => `${i + 1};7;950601;90000;12;7500.00;"${status}"`));
    expect(rows.map(({ label }) => label)).toEqual([0, 1, 0, 1]);
    for (const { values } of rows) expect(values).toEqual(rows[0]!.values);
  });

  it('reads no term of the loan into its vector', async () => {
    const [small, large] = await rowsOf(['1;7;950601;90000;12;7500.00;"A"', '2;7;950601;300000;60;5000.00;"A"']);
    expect(large!.values).toEqual(small!.values);
  });

  it('is the same without the transactions of the day of the grant and later', async () => {
    const loans = ['1;7;950601;90000;12;7500.00;"A"'];
    const [whole] = await rowsOf(loans);
    const [before] = await rowsOf(loans, TRANSACTIONS.slice(0, 3));
    expect(before).toEqual(whole);
    const [dayLater] = await rowsOf(['1;7;950602;90000;12;7500.00;"A"']);
    expect(dayLater).toMatchObject({ neverOverdrawn: false, entries: 4 });
  });

  it('is unknown throughout where nothing happened before the grant, and still a row', async () => {
    const [row] = await rowsOf(['1;7;950102;90000;12;7500.00;"C"']);
    expect(row).toMatchObject({ entries: 0, neverOverdrawn: true });
    expect(row!.values.every(Number.isNaN)).toBe(true);
  });

  it('fits the columns of the table', async () => {
    const rows = await rowsOf(['1;7;950601;90000;12;7500.00;"B"']);
    const batch = loanBatch(rows);
    expect(batch).toHaveLength(LOAN_COLUMNS.length);
    const named = Object.fromEntries(LOAN_COLUMNS.map(({ name }, i) => [name, batch[i]![0]]));
    expect(named).toMatchObject({
      account_id: '7',
      t_ms: Date.UTC(1995, 5, 1),
      label: 1,
      never_overdrawn: 1,
      loan_amount: 90_000,
      loan_payment: 7_500,
      loan_months: 12,
      bills_by_transfer: 1,
    });
    expect(Number(named.t_ms) % DAY_MS).toBe(0);
  });
});
