/**
 * `npm run faults`: streams a bank through the whole engine while faults strike, case by case, and compares each time with a run
 * without faults. Exits 0 only where every case that ran struck, recovered, and lost, repeated and changed nothing.
 */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { listenForInterrupt, removeState, startStack } from '../../services/stack/stack.ts';
import { createTemplateDatabase } from '../support/database.ts';
import { CASES, type FaultCase, NOT_RUN } from './cases.ts';
import { describeFault, planOf, shortSelection } from './plan.ts';
import { type CaseResult, type MatrixOptions, runCase, runWithoutFaults } from './run-case.ts';

const HELP = `npm run faults -- [flags]

Strikes faults at the whole engine while a bank streams through it, and compares what it stored and published with a run without
faults: nothing may be lost, there twice, or different.

  (no flag)        a few cases of each family, chosen by the seed; about 4 minutes
  --all            every case; the i-th under seed + i
  --case NAME      only this case, under exactly the seed (may be given several times)
  --seed N         default 1; case and seed replay an experiment
  --list           print the cases and what the seed makes of them, and run nothing
  --json           one JSON value on standard output: {cases, lost, duplicated, differing, results, not_run, …}
  --customers N    of the synthetic bank (default 24: about 8,000 transactions with 8 months; 290 make 100,000)
  --months N       default 8
  --rate N         transactions a second (default 1000; 0: flat out)
  --help           this text

Progress goes to standard error. Logs of a case that fails are kept, and their folder is named.
`;

interface Wanted {
  readonly runs: readonly { readonly each: FaultCase; readonly seed: number }[];
  readonly seed: number;
  readonly list: boolean;
  readonly json: boolean;
  readonly customers: number;
  readonly months: number;
  readonly rate: number;
}

const BANK_SEED = 5;
const startedMs = performance.now();

function say(text: string): void {
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1).padStart(6);
  process.stderr.write(`[${seconds} s] ${text}\n`);
}

/** Null where only help was wanted. Throws Error with a line for a person. */
function readWanted(args: string[]): Wanted | null {
  const { values } = parseArgs({
    args,
    options: {
      all: { type: 'boolean', default: false },
      case: { type: 'string', multiple: true },
      seed: { type: 'string', default: '1' },
      list: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      customers: { type: 'string', default: '24' },
      months: { type: 'string', default: '8' },
      rate: { type: 'string', default: '1000' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const seed = whole('seed', values.seed, 0);
  const named = values.case?.map(caseNamed);
  const chosen = named ?? (values.all || values.list ? CASES : shortSelection(seed));
  return {
    runs: chosen.map((each, i) => ({ each, seed: named === undefined ? seed + i : seed })),
    seed,
    list: values.list,
    json: values.json,
    customers: whole('customers', values.customers, 4),
    months: whole('months', values.months, 6),
    rate: whole('rate', values.rate, 0),
  };
}

function whole(name: string, text: string, min: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < min) {
    throw new Error(`--${name} is ${text}: it takes whole numbers from ${min}`);
  }
  return value;
}

function caseNamed(name: string): FaultCase {
  const found = CASES.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no case ${name}; --list names them`);
  return found;
}

async function runAll(wanted: Wanted, options: MatrixOptions, logsRoot: string): Promise<readonly CaseResult[]> {
  say('a run without faults, to compare with');
  const base = await runWithoutFaults(options);
  say(
    `${base.ledger.length} ledger rows, ${base.predictions.length} predictions, ${base.interventions.length} interventions`,
  );
  const results: CaseResult[] = [];
  for (const [i, { each, seed }] of wanted.runs.entries()) {
    say(
      `${i + 1}/${wanted.runs.length} ${each.name}, seed ${seed}: ${planOf(each, seed).map(describeFault).join(', ')}`,
    );
    const logsDir = join(logsRoot, `${each.name.replace(':', '-')}-seed${seed}`);
    const result = await runCase(options, each, seed, base, logsDir);
    results.push(result);
    say(`    ${lineOf(result)}`);
    for (const finding of result.findings.slice(0, 12)) say(`    ${finding.slice(0, 1_000)}`);
    const restarts = Object.entries(result.restarts ?? {}).map(([name, count]) => `${name} ${count}`);
    if (restarts.length > 0) say(`    started again: ${restarts.join(', ')}`);
    if (!result.passed) say(`    logs: ${logsDir}`);
  }
  return results;
}

function lineOf(result: CaseResult): string {
  const unstruck = result.faults.filter(({ at_s }) => at_s === null).map(({ fault }) => fault);
  const verdict = `lost ${result.lost}, duplicated ${result.duplicated}, differing ${result.differing}`;
  const recovery = result.recovery_s === null ? 'no recovery' : `recovered in ${result.recovery_s.toFixed(1)} s`;
  const missed = unstruck.length === 0 ? '' : `; never struck: ${unstruck.join(', ')}`;
  return `${result.passed ? 'ok' : 'FAILED'}: ${recovery}, ${verdict}${missed} (${result.seconds.toFixed(1)} s)`;
}

function report(wanted: Wanted, options: Pick<MatrixOptions, 'bank' | 'rate'>, results: readonly CaseResult[]): void {
  const total = (field: 'lost' | 'duplicated' | 'differing') => results.reduce((all, each) => all + each[field], 0);
  const summary = {
    cases: results.length,
    lost: total('lost'),
    duplicated: total('duplicated'),
    differing: total('differing'),
    failed: results.filter(({ passed }) => !passed).length,
    seeds: new Set(results.map(({ seed }) => seed)).size,
    bank: options.bank,
    rate: options.rate,
    results,
    not_run: NOT_RUN,
  };
  if (wanted.json) {
    process.stdout.write(`${JSON.stringify(summary)}\n`);
    return;
  }
  const { cases, lost, duplicated, differing, failed, seeds } = summary;
  const lines = [
    ...results.map((result) => `${result.case.padEnd(46)} seed ${String(result.seed).padEnd(5)} ${lineOf(result)}`),
    ...NOT_RUN.map(({ name, why }) => `${name.padEnd(46)} not run: ${why}`),
    `${cases} cases, ${seeds} seeds: lost ${lost}, duplicated ${duplicated}, differing ${differing}; ${failed} failed`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function list(wanted: Wanted): void {
  for (const { each, seed } of wanted.runs) {
    const faults = planOf(each, seed).map(describeFault).join(', ');
    process.stdout.write(`${each.name.padEnd(46)} seed ${String(seed).padEnd(5)} ${faults}\n`);
  }
  for (const { name, why } of NOT_RUN) process.stdout.write(`${name.padEnd(46)} not run: ${why}\n`);
}

async function main(wanted: Wanted): Promise<number> {
  const interrupt = listenForInterrupt(say);
  const root = mkdtempSync(join(tmpdir(), 'pde-faults-'));
  const stateDir = join(root, 'stack');
  mkdirSync(stateDir);
  // PostgreSQL's user, where root starts it, has to pass through.
  await Promise.all([chmod(root, 0o711), chmod(stateDir, 0o711)]);
  const stack = await startStack({ stateDir, log: say, signal: interrupt.signal });
  interrupt.guard(stack);
  const { customers, months, rate } = wanted;
  const options = { stack, bank: { kind: 'synthetic' as const, customers, months, seed: BANK_SEED }, rate };
  try {
    await createTemplateDatabase(stack.postgres);
    const results = await runAll(wanted, options, join(root, 'logs'));
    report(wanted, options, results);
    return results.every(({ passed }) => passed) ? 0 : 1;
  } finally {
    await stack.stop();
    await removeState(stateDir);
  }
}

try {
  const wanted = readWanted(process.argv.slice(2));
  if (wanted === null) process.stdout.write(HELP);
  else if (wanted.list) list(wanted);
  else process.exitCode = await main(wanted);
} catch (cause) {
  process.stderr.write(`faults: ${cause instanceof Error ? cause.message : cause}\n`);
  process.exitCode = 2;
}
