import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const state = mkdtempSync(join(tmpdir(), 'pde-evaluate-berka-'));
afterAll(() => rmSync(state, { recursive: true }));

function evaluate(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'main.ts'), 'evaluate', '--bank', 'berka', '--samples', '50', ...args],
    { encoding: 'utf8', env: { ...process.env, PDE_STATE_ROOT: state } },
  );
  return { status, stdout, stderr };
}

const TRANSACTIONS = '"trans_id";"account_id";"date";"type";"operation";"amount";"balance";"k_symbol";"bank";"account"';
const ACCOUNTS = '"account_id";"district_id";"frequency";"date"';
const LOANS = '"loan_id";"account_id";"date";"amount";"duration";"payments";"status"';

/** Six accounts of half a year, written by hand: the odd ones pay bills by transfer and keep money, the even ones run it down. */
function transactions(): string[] {
  const lines: string[] = [];
  for (const account of [1, 2, 3, 4, 5, 6]) {
    let balance = 0;
    const book = (date: string, type: string, operation: string, amount: number, symbol: string) => {
      balance += type === 'PRIJEM' ? amount : -amount;
      const money = `${amount}.00;${balance}.00`;
      lines.push(`${lines.length + 1};${account};${date};"${type}";"${operation}";${money};"${symbol}";"";0`);
    };
    for (const [month, year] of [8, 9, 10, 11, 12].map((month) => [month, account < 5 ? 95 : 96])) {
      const day = (d: string) => `${year}${String(month).padStart(2, '0')}${d}`;
      book(day('05'), 'PRIJEM', 'VKLAD', 20_000 + 100 * account, '');
      if (account % 2 === 1) book(day('12'), 'VYDAJ', 'PREVOD NA UCET', 3_000, 'SIPO');
      else book(day('20'), 'VYDAJ', 'VYBER', 20_000 + 50 * account, 'SIPO');
    }
  }
  return lines;
}

/** @returns a folder of Berka files: four loans of 1996, two of 1997 */
function folder(name: string, statuses: string, gzip = false): string {
  const path = join(state, name);
  mkdirSync(path);
  const trans = [TRANSACTIONS, ...transactions()].join('\n');
  if (gzip) writeFileSync(join(path, 'trans.asc.gz'), gzipSync(trans));
  else writeFileSync(join(path, 'trans.asc'), trans);
  const accounts = [1, 2, 3, 4, 5, 6].map((account) => `${account};1;"POPLATEK MESICNE";950801`);
  writeFileSync(join(path, 'account.asc'), [ACCOUNTS, ...accounts].join('\n'));
  const loans = [1, 2, 3, 4, 5, 6].map(
    (account) => `${10 + account};${account};${account < 5 ? 96 : 97}0115;60000;24;2500.00;"${statuses[account - 1]}"`,
  );
  writeFileSync(join(path, 'loan.asc'), [LOANS, ...loans].join('\n'));
  return path;
}

describe('pde evaluate --bank berka', () => {
  const scores = join(state, 'scores.csv');
  let plain: Record<string, unknown>;
  beforeAll(() => {
    const { status, stdout, stderr } = evaluate('--data', folder('plain', 'ABCDAB'), '--json', '--scores', scores);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    plain = JSON.parse(stdout);
  }, 20_000);

  it('scores each loan, those of the training period out of fold, and says so', () => {
    expect(plain).toMatchObject({
      n: 6,
      positives: 3,
      auc: expect.any(Number),
      auc_ci: [expect.any(Number), expect.any(Number)],
      pr_auc: expect.any(Number),
      brier: expect.any(Number),
      ece: expect.any(Number),
      never_overdrawn: { n: 6, auc: expect.any(Number) },
      out_of_fold: 4,
      out_of_fold_note: expect.stringContaining('4 of 6 loans were granted within the training period'),
      label: expect.stringContaining('no miss within 45 days'),
      model: { name: 'berka', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  it('writes the probability of each account where it is asked to', () => {
    const [header, ...lines] = readFileSync(scores, 'utf8').trimEnd().split('\n');
    expect(header).toBe('account_id,probability');
    expect(lines.map((line) => line.split(',')[0])).toEqual(['1', '2', '3', '4', '5', '6']);
    for (const line of lines) expect(Number(line.split(',')[1])).toBeGreaterThan(0);
  });

  it('answers alike from a gzip, and keeps no row of the accounts', () => {
    const again = JSON.parse(evaluate('--data', folder('gzip', 'ABCDAB', true), '--json').stdout);
    expect({ ...again, data: null }).toEqual({ ...plain, data: null });
    expect(readdirSync(join(state, 'evaluations'))).toEqual([]);
  });

  it('has no AUC where no loan ended badly, and says why', () => {
    const { status, stdout } = evaluate('--data', folder('calm', 'ACACAC'), '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ positives: 0, auc: null, reason: expect.stringContaining('no loan') });
  });

  it('answers a person in lines', () => {
    const { stdout } = evaluate('--data', join(state, 'plain'));
    expect(stdout).toContain('on 6 loans, 3 of which ended badly');
    expect(stdout).toContain('AUC of the 6 never overdrawn');
  });

  it.each([
    ['trans.asc', 'there is no trans.asc or trans.asc.gz'],
    ['account.asc', 'there is no account.asc or account.asc.gz'],
    ['loan.asc', 'there is no loan in a loan.asc or loan.asc.gz'],
  ])('says that %s is missing', (file, message) => {
    const path = folder(`without-${file}`, 'ABCDAB');
    rmSync(join(path, file));
    const { status, stderr } = evaluate('--data', path, '--json');
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining(message) });
  });

  it('needs a folder', () => {
    expect(evaluate('--json')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--bank berka needs --data'),
    });
    expect(existsSync(join(state, 'evaluations', 'loans.parquet'))).toBe(false);
  });
});
