/** `pde dataset`: a table of labelled vectors from a bank in `bank.*`, or straight from the generator. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { stackFrom } from '../../stack/stack.ts';
import { askProgram } from '../child.ts';
import { findEngine } from '../engine-file.ts';
import { runSimulator } from '../simulator.ts';

const SIMULATOR = join('simulator', 'main.ts');

export interface DatasetOptions {
  readonly root: string;
  readonly stateRoot: string;
  readonly stateDir?: string;
  readonly json?: boolean;
  /** The simulator's own flags. */
  readonly flags: readonly string[];
  readonly signal: AbortSignal;
}

/** What the simulator's dataset answers. */
interface Made {
  readonly out: string;
  readonly rows: number;
  readonly positives: number;
  readonly waterfall: readonly Readonly<Record<string, number>>[];
  readonly leak_check: { readonly rows: number };
  readonly seconds: number;
}

/** The bank is the generator's with --synthetic, else that of PDE_POSTGRES_URL, else that of a running engine. */
export async function makeDataset(options: DatasetOptions): Promise<string> {
  const made = await run(options);
  return options.json === true ? JSON.stringify(made) : textOf(made);
}

/** The simulator's flags, as it tells them itself. */
export function datasetFlagsHelp(root: string): string {
  const { stdout } = spawnSync(process.execPath, [join(root, 'services', SIMULATOR), 'dataset', '--help'], {
    encoding: 'utf8',
  });
  return `\n${stdout.slice(stdout.indexOf('Flags:')).trimEnd()}`;
}

async function run({ root, stateRoot, stateDir, flags, signal }: DatasetOptions): Promise<Made> {
  const given = (name: string): boolean => flags.some((flag) => flag === name || flag.startsWith(`${name}=`));
  if (given('--synthetic') || (stateDir === undefined && process.env.PDE_POSTGRES_URL !== undefined)) {
    return await askProgram<Made>({ root, file: SIMULATOR, args: ['dataset', ...flags, '--json'], signal });
  }
  const { engine } = findEngine(stateRoot, stateDir);
  const args = ['dataset', ...(given('--bank') ? [] : ['--bank', engine.bankId]), ...flags];
  return await runSimulator<Made>({ root, stack: stackFrom(engine.stack), args, signal });
}

function textOf({ out, rows, positives, waterfall, leak_check: leakCheck, seconds }: Made): string {
  const names = Object.keys(waterfall[0] ?? {}).filter((name) => name !== 'lag_days');
  const lines = names.map((name) => {
    const counts = waterfall.map((counted) => counted[name]!.toLocaleString('en').padStart(12)).join('');
    return `  ${name.replaceAll('_', ' ').padEnd(16)}${counts}`;
  });
  const lags = waterfall.map(({ lag_days: lag }) => `${lag} d`.padStart(12)).join('');
  return [
    `${out}: ${rows.toLocaleString('en')} rows, ${positives.toLocaleString('en')} positives, in ${seconds} s`,
    `leak check: ${leakCheck.rows.toLocaleString('en')} vectors computed again without later data, no bit changed`,
    ...(waterfall.length > 1 ? [`  ${'days earlier'.padEnd(16)}${lags}`] : []),
    ...lines,
  ].join('\n');
}
