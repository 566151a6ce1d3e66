/**
 * The rows of an evaluation on a synthetic bank: made in parts of so many customers until there are positives enough, and kept,
 * so that the same request is answered from what was made before. What was made by other code is made again.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { askProgram } from './child.ts';
import type { EvaluateContext } from './commands/evaluate.ts';

export interface EvaluationBank {
  readonly seed: number;
  readonly months: number;
  readonly fromMonth: number;
  /** A file or a name that ships; null: the default. */
  readonly parameters: string | null;
  /** Null: as many as it takes for {@link WANTED_POSITIVES}. */
  readonly customers: number | null;
}

export interface EvaluationTables {
  readonly paths: readonly string[];
  readonly customers: number;
  readonly positives: number;
}

/** Fewer say too little: the least. */
export const LEAST_POSITIVES = 3_000;
/** What is made where nobody says how many: twice the least, for intervals a third narrower. */
const WANTED_POSITIVES = 6_000;
const CUSTOMERS_A_PART = 500;
/** A bank in which so many do not suffice is not worth another hour. */
const MOST_CUSTOMERS = 20_000;

export async function evaluationTables(bank: EvaluationBank, context: EvaluateContext): Promise<EvaluationTables> {
  const folder = join(context.stateRoot, 'evaluations', keyOf(bank, context.root));
  mkdirSync(folder, { recursive: true });
  const paths: string[] = [];
  const most = bank.customers ?? MOST_CUSTOMERS;
  let customers = 0;
  let positives = 0;
  while (customers < most && (bank.customers !== null || positives < WANTED_POSITIVES)) {
    const count = Math.min(CUSTOMERS_A_PART, most - customers);
    const path = join(folder, `customers-${customers}-${customers + count - 1}.parquet`);
    positives += (await part(bank, path, customers, count, context)).positives;
    paths.push(path);
    customers += count;
    context.progress.step(`${customers} customers, ${positives} positives${wanted(bank)}`);
  }
  return { paths, customers, positives };
}

function wanted({ customers }: EvaluationBank): string {
  return customers === null ? ` of at least ${WANTED_POSITIVES}` : ` (of ${customers} customers asked for)`;
}

/** What a sidecar and the simulator's answer have alike. */
interface Made {
  readonly positives: number;
}

/** A part has its sidecar only once it is whole. */
async function part(
  bank: EvaluationBank,
  path: string,
  first: number,
  count: number,
  { root, signal }: EvaluateContext,
): Promise<Made> {
  const sidecar = path.replace(/\.parquet$/, '.json');
  if (existsSync(sidecar)) return JSON.parse(readFileSync(sidecar, 'utf8')) as Made;
  const flags: Readonly<Record<string, string | number>> = {
    '--seed': bank.seed,
    '--months': bank.months,
    '--from-month': bank.fromMonth,
    '--first-customer': first,
    '--customers': count,
    '--workers': availableParallelism(),
    '--out': path,
    ...(bank.parameters === null ? {} : { '--parameters': bank.parameters }),
  };
  const args = ['dataset', '--synthetic', '--oracle', '--json', ...Object.entries(flags).flat().map(String)];
  return await askProgram<Made>({ root, file: join('simulator', 'main.ts'), args, signal });
}

/** Everything that the bytes of a part follow from, but for which customers it holds. */
function keyOf({ seed, months, fromMonth, parameters }: EvaluationBank, root: string): string {
  const hash = createHash('sha256').update(JSON.stringify([seed, months, fromMonth, parameters]));
  if (parameters !== null && existsSync(parameters)) hash.update(readFileSync(parameters));
  for (const room of ['domain', 'simulator', join('platform', 'table')]) {
    const folder = join(root, 'services', room);
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
      if (!/(?<!\.test)\.(ts|json)$/.test(file)) continue;
      hash.update(file).update(readFileSync(join(folder, file)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
