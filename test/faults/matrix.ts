/**
 * `npm run faults`: streams a bank through the whole engine while faults strike, case by case, and compares each time with a run
 * without faults. Exits 0 only where every case that ran struck, recovered, and lost, repeated and changed nothing.
 */
import { mkdtempSync, writeSync } from 'node:fs';
import { chmod, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Interrupt, listenForInterrupt } from '../../services/stack/stack.ts';
import { CASES } from './cases.ts';
import { type FaultCase, NotOfferedError } from './fault.ts';
import type { Baseline } from './judge.ts';
import { type Lab, needsSpecial, startLab } from './lab.ts';
import { describeFault, oneOfEachFamily, planOf, shortSelection } from './plan.ts';
import { type BankSize, lineOf, type NotRun, report } from './report.ts';
import { type CaseResult, runCase, runWithoutFaults } from './run-case.ts';

const HELP = `npm run faults -- [flags]

Strikes faults at the whole engine while a bank streams through it, and compares what it stored and published with a run without
faults: nothing may be lost, there twice, or different.

  (no flag)        a case of each of eight families, chosen by the seed; a case takes about half a minute on two free cores
  --all            every case, the i-th under seed + i, and then what --large does
  --large          a case of every family, chosen by the seed, on 100,000 transactions flat out
  --family NAME    every case of this family (may be given several times)
  --case NAME      only this case, under exactly the seed (may be given several times)
  --seed N         default 1; case and seed replay an experiment
  --list           print the cases and what the seed makes of them, and run nothing
  --json           one JSON value on standard output: {cases, lost, duplicated, differing, results, not_run, …}
  --customers N    of the synthetic bank (default 24: about 8,800 transactions with 8 months; 290 make 100,000)
  --months N       default 8
  --rate N         transactions a second (default 1000; 0: flat out)
  --help           this text

Progress goes to standard error. Logs of a case that fails are kept, and their folder is named.
`;

interface Run {
  readonly each: FaultCase;
  readonly seed: number;
  readonly size: BankSize;
}

interface Wanted {
  readonly runs: readonly Run[];
  readonly seed: number;
  readonly list: boolean;
  readonly json: boolean;
}

const BANK_SEED = 5;
const LARGE: BankSize = { customers: 290, months: 8, rate: 0 };
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
      large: { type: 'boolean', default: false },
      family: { type: 'string', multiple: true },
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
  const size = {
    customers: whole('customers', values.customers, 4),
    months: whole('months', values.months, 6),
    rate: whole('rate', values.rate, 0),
  };
  return { runs: runsOf(values, seed, size), seed, list: values.list, json: values.json };
}

function runsOf(
  wanted: { all: boolean; large: boolean; list: boolean; case?: string[] | undefined; family?: string[] | undefined },
  seed: number,
  size: BankSize,
): readonly Run[] {
  if (wanted.case !== undefined) return wanted.case.map((name) => ({ each: caseNamed(name), seed, size }));
  const large = oneOfEachFamily(seed);
  const ordinary =
    wanted.family?.flatMap(casesOfFamily) ??
    (wanted.all || wanted.list ? CASES : wanted.large ? [] : shortSelection(seed));
  return [
    ...ordinary.map((each, i) => ({ each, seed: seed + i, size })),
    ...(wanted.all || wanted.large ? large.map((each, i) => ({ each, seed: seed + i, size: LARGE })) : []),
  ];
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

function casesOfFamily(family: string): readonly FaultCase[] {
  const found = CASES.filter((each) => each.family === family);
  if (found.length > 0) return found;
  throw new Error(
    `there is no family ${family}: it is one of ${[...new Set(CASES.map((each) => each.family))].join(', ')}`,
  );
}

/** What the runs so far have come to. */
interface Found {
  readonly results: CaseResult[];
  readonly notRun: NotRun[];
  readonly total: number;
}

/** All runs, on the ordinary stack and then on the special one; what is stored without faults is found out once a bank. */
async function runAll(wanted: Wanted, root: string, interrupt: Interrupt, found: Found): Promise<void> {
  const bases = new Map<BankSize, Baseline>();
  for (const isSpecial of [false, true]) {
    const runs = wanted.runs.filter(({ each }) => needsSpecial(each) === isSpecial);
    if (runs.length === 0) continue;
    try {
      const lab = await startLab({ stateDir: join(root, 'stack'), log: say, signal: interrupt.signal }, isSpecial);
      interrupt.guard(lab.stack);
      try {
        for (const run of runs) await runOne(run, lab, root, bases, found, interrupt.signal);
      } finally {
        await lab.stop();
      }
    } catch (cause) {
      if (!(cause instanceof NotOfferedError)) throw cause;
      found.notRun.push(...runs.map(({ each }) => ({ name: each.name, why: cause.message })));
    }
  }
}

async function runOne(
  { each, seed, size }: Run,
  lab: Lab,
  root: string,
  bases: Map<BankSize, Baseline>,
  { results, notRun, total }: Found,
  interrupted: AbortSignal,
): Promise<void> {
  const { customers, months, rate } = size;
  const options = { lab, bank: { kind: 'synthetic' as const, customers, months, seed: BANK_SEED }, rate };
  const base = bases.get(size) ?? (await runWithoutFaults(options));
  if (!bases.has(size))
    say(`without faults: ${base.stored.ledger.length} ledger rows, ${base.stored.predictions.length} predictions`);
  bases.set(size, base);
  const logsDir = join(root, 'logs', `${each.name.replaceAll(/[:>]/g, '-')}-seed${seed}`);
  const faults = planOf(each, seed).map(describeFault).join(', ');
  say(`${results.length + notRun.length + 1}/${total} ${each.name}, seed ${seed}: ${faults}`);
  try {
    const result = await runCase(options, each, seed, base, logsDir);
    // What was cut short says nothing.
    if (interrupted.aborted) return;
    results.push(result);
    sayResult(result, logsDir);
  } catch (cause) {
    if (!(cause instanceof NotOfferedError)) throw cause;
    say(`    not run: ${cause.message}`);
    notRun.push({ name: each.name, why: cause.message });
  }
}

function sayResult(result: CaseResult, logsDir: string): void {
  say(`    ${lineOf(result)}`);
  for (const finding of result.findings.slice(0, 12)) say(`    ${finding.slice(0, 1_000)}`);
  const restarts = Object.entries(result.restarts ?? {}).map(([name, count]) => `${name} ${count}`);
  if (restarts.length > 0) say(`    started again: ${restarts.join(', ')}`);
  if (!result.passed) say(`    logs: ${logsDir}`);
}

function list(wanted: Wanted): void {
  for (const { each, seed, size } of wanted.runs) {
    const faults = planOf(each, seed).map(describeFault).join(', ');
    const large = size === LARGE ? ' (large)' : '';
    process.stdout.write(`${`${each.name}${large}`.padEnd(54)} seed ${String(seed).padEnd(5)} ${faults}\n`);
  }
}

async function main(wanted: Wanted): Promise<number> {
  const interrupt = listenForInterrupt(say);
  const root = mkdtempSync(join(tmpdir(), 'pde-faults-'));
  // PostgreSQL's user, where root starts it, has to pass through.
  await chmod(root, 0o711);
  // Several hundred starts of the same services: compiled once.
  process.env.NODE_COMPILE_CACHE ??= join(root, 'compiled');
  const found: Found = { results: [], notRun: [], total: wanted.runs.length };
  // Whoever interrupts a long run gets what it has found until then.
  const text = () => `${report(wanted, found.results, found.notRun)}\n`;
  const printNow = () => writeSync(process.stdout.fd, text());
  process.once('exit', printNow);
  await runAll(wanted, root, interrupt, found);
  process.off('exit', printNow);
  process.stdout.write(text());
  await rm(join(root, 'compiled'), { recursive: true, force: true });
  // Logs of failed cases stay.
  await rmdir(root).catch(() => undefined);
  return found.results.every(({ passed }) => passed) ? 0 : 1;
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
