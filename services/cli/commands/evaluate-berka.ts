/** `pde evaluate --bank berka --data DIR`: a model of loans on the loans of a folder in the PKDD'99 format. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { askProgram } from '../child.ts';
import { modelsDirectory } from '../model-folders.ts';
import { findModel } from '../model-versions.ts';
import { UsageError } from '../usage-error.ts';
import type { EvaluateContext, EvaluateOptions } from './evaluate.ts';

type Pair = readonly [lo: number, hi: number];

interface Ranking {
  readonly n: number;
  readonly positives: number;
  readonly auc: number | null;
  readonly auc_ci: Pair | null;
  readonly pr_auc: number | null;
  readonly reason?: string;
}

/** What scoring/evaluate.ts answers. */
interface Evaluation extends Ranking {
  readonly model: { readonly name: string; readonly version: string };
  readonly brier: number;
  readonly ece: number;
  readonly observed_expected: number;
  readonly never_overdrawn: Ranking;
  readonly out_of_fold_note: string;
  readonly label: string;
}

/** The table of loans is made, read and removed: rows of real accounts are kept nowhere. */
export async function evaluateBerka(options: EvaluateOptions, context: EvaluateContext): Promise<string> {
  const { data, scores } = options;
  if (data === undefined) throw new UsageError('--bank berka needs --data DIR');
  const { root, signal, progress } = context;
  const model = findModel(modelsDirectory(root), options.model ?? 'berka', options.modelVersion);
  const parent = join(context.stateRoot, 'evaluations');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'berka-'));
  try {
    const table = join(folder, 'loans.parquet');
    progress.step('reading the loans and what was known before each');
    const made = ['loans', '--data', resolve(data), '--out', table, '--json'];
    await askProgram({ root, file: join('simulator', 'main.ts'), args: made, signal });
    progress.step('scoring');
    const args = ['loans', '--table', table, '--model', model.directory, '--samples', `${options.samples}`];
    const kept = scores === undefined ? [] : ['--scores', resolve(scores)];
    const file = join('scoring', 'evaluate.ts');
    const evaluation = await askProgram<Evaluation>({ root, file, args: [...args, ...kept], signal });
    return options.json === true ? JSON.stringify(evaluation) : textOf(evaluation);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function textOf(evaluation: Evaluation): string {
  const { model, never_overdrawn: never } = evaluation;
  return [
    `${model.name}/${model.version} on ${evaluation.n} loans, ${evaluation.positives} of which ended badly`,
    evaluation.out_of_fold_note,
    '',
    line('AUC', evaluation),
    line(`AUC of the ${never.n} never overdrawn`, never),
    figure('PR-AUC', evaluation.pr_auc),
    figure('Brier score', evaluation.brier),
    figure('ECE', evaluation.ece),
    figure('observed / expected', evaluation.observed_expected),
    '',
    `Label: ${evaluation.label}.`,
  ].join('\n');
}

function line(name: string, { auc, auc_ci: interval, reason }: Ranking): string {
  const bounds = interval === null ? '' : `  [${interval[0].toFixed(4)}, ${interval[1].toFixed(4)}]`;
  return `${figure(name, auc)}${bounds}${reason === undefined ? '' : `  (${reason})`}`;
}

function figure(name: string, value: number | null): string {
  return `  ${name.padEnd(46)}${value === null ? '-' : value.toFixed(4)}`;
}
