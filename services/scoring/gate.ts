/**
 * The gates as a program, for `pde model gate` and `pde model promote`: judges a model folder on a table and prints the report
 * (pde-gate-report/1) on one line. Exit code 0: accepted; 1: refused, or a problem that the last line on standard error names; 2: bad
 * usage.
 */
import { parseArgs } from 'node:util';
import { TableError } from '../platform/table/column.ts';
import { GateInputError } from './gate/rows.ts';
import { runGates } from './gate/run-gates.ts';

const HELP = `gate: judges a model on a table that neither it nor the champion was made from

  --candidate DIR  folder of the model to judge
  --champion DIR   folder of the model in force, or none
  --table FILE     Parquet table with its facts (.json) and its attributes (.attributes.parquet) beside it
  --seed S         seed of the bootstrap and of the sweeps, a whole number from 0 (default 1)
`;

async function main(): Promise<number> {
  const usage = (problem: string): number => {
    process.stderr.write(`gate: ${problem}; see --help\n`);
    return 2;
  };
  const text = { type: 'string' } as const;
  const options = { candidate: text, champion: text, table: text, seed: text, help: { type: 'boolean' } } as const;
  const values = attempt(() => parseArgs({ options, strict: true }).values);
  if (values instanceof Error) return usage(values.message.split('. ')[0]!);
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const { candidate, champion, table, seed: seedText = '1' } = values;
  if (candidate === undefined || champion === undefined || table === undefined) {
    return usage('--candidate, --champion and --table are needed');
  }
  const seed = Number(seedText);
  if (!Number.isSafeInteger(seed) || seed < 0) return usage(`--seed is ${seedText}, not a whole number from 0`);
  const progress = (line: string) => void process.stderr.write(`gate: ${line}\n`);
  const report = await runGates({ candidate, champion: champion === 'none' ? null : champion, table, seed, progress });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  return report.kind === 'accepted' ? 0 : 1;
}

function attempt<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (cause) {
    return cause instanceof Error ? cause : new Error(String(cause));
  }
}

try {
  process.exitCode = await main();
} catch (cause) {
  const known = cause instanceof GateInputError || cause instanceof TableError;
  process.stderr.write(`gate: ${known ? cause.message : cause instanceof Error ? cause.stack : String(cause)}\n`);
  process.exitCode = 1;
}
