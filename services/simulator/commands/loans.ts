import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { LOAN_FEATURE_SET_VERSION } from '../../domain/features/loan/catalogue.ts';
import { createTable } from '../../platform/table/write.ts';
import type { Command, Flags } from '../arguments.ts';
import type { BadLine } from '../berka/read-file.ts';
import { readBerkaFolder } from '../berka/read-folder.ts';
import { pathsOf } from '../dataset/files.ts';
import { LOAN_COLUMNS, type LoanRow, loanBatch, loanRows } from '../loans/loan-rows.ts';
import { CommandError } from '../usage-error.ts';

/** Bad lines told one by one; the rest only counted. */
const TOLD_LINES = 20;

export const loansCommand: Command = {
  name: 'loans',
  about: 'a table of the loans of Berka files (PKDD’99): what was known the day before each grant, and how it ended',
  flags: [
    { name: 'data', about: 'folder with trans.asc(.gz), account.asc and loan.asc', value: 'DIR' },
    { name: 'out', about: 'FILE.parquet; FILE.json beside it says what is in it', value: 'FILE' },
  ],
  async run(flags: Flags) {
    const data = flags.required('data');
    const paths = pathsOf(flags.required('out'));
    const folder = await readBerkaFolder(data);
    if (folder.loans.length === 0) throw new CommandError(`${data}: there is no loan in a loan.asc or loan.asc.gz`);
    tell(folder.bad);
    const rows = loanRows(folder.loans, folder.transactions);
    const facts = { sources: folder.sources, skipped_lines: folder.bad.length, ...countsOf(rows) };
    const sidecar = await write(paths.table, paths.sidecar, rows, facts);
    return {
      json: { out: paths.table, ...sidecar },
      summary: `${paths.table}: ${rows.length} loans, ${facts.positives} not repaid or in debt`,
    };
  },
};

/** Lines that say nothing are left out: an evaluation goes on with the rest, and says how many they were. */
function tell(bad: readonly BadLine[]): void {
  for (const { file, line, problem } of bad.slice(0, TOLD_LINES)) {
    process.stderr.write(`${file}:${line}: left out: ${problem}\n`);
  }
  if (bad.length > TOLD_LINES) process.stderr.write(`... and ${bad.length - TOLD_LINES} more\n`);
}

function countsOf(rows: readonly LoanRow[]) {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const grants = rows.map(({ grantMs }) => grantMs);
  return {
    positives: rows.filter(({ label }) => label === 1).length,
    never_overdrawn: rows.filter(({ neverOverdrawn }) => neverOverdrawn).length,
    without_history: rows.filter(({ entries }) => entries === 0).length,
    first_grant: day(Math.min(...grants)),
    last_grant: day(Math.max(...grants)),
  };
}

async function write(
  path: string,
  sidecarPath: string,
  rows: readonly LoanRow[],
  facts: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const table = await createTable(path, LOAN_COLUMNS);
  try {
    await table.append(loanBatch(rows));
    const { sha256 } = await table.finish();
    const sidecar = {
      format: 'pde-loans/1',
      ...facts,
      rows: rows.length,
      feature_set_version: LOAN_FEATURE_SET_VERSION,
      files: { [basename(path)]: sha256 },
    };
    await writeFile(sidecarPath, `${JSON.stringify(sidecar, null, 2)}\n`);
    return sidecar;
  } finally {
    await table.discard();
  }
}
