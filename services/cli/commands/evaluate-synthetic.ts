/** `pde evaluate --bank synthetic`: on a bank of another seed and later dates, between a baseline and what could be known at all. */
import { join } from 'node:path';
import { askProgram } from '../child.ts';
import { type EvaluationTables, evaluationTables, LEAST_POSITIVES } from '../evaluation-bank.ts';
import { modelsDirectory } from '../model-folders.ts';
import { findModel, trainingSeeds } from '../model-versions.ts';
import { UsageError } from '../usage-error.ts';
import type { EvaluateContext, EvaluateOptions } from './evaluate.ts';

type Pair = readonly [lo: number, hi: number];

interface Ratio {
  readonly ratio: number;
  readonly lo: number;
  readonly hi: number;
}

/** What scoring/evaluate.ts answers. */
interface Evaluation {
  readonly model: { readonly name: string; readonly version: string };
  readonly n: number;
  readonly customers: number;
  readonly positives: number;
  readonly auc: number;
  readonly auc_ci: Pair;
  readonly pr_auc: number;
  readonly oracle_auc: number;
  readonly oracle_auc_ci: Pair;
  readonly visible_auc: number | null;
  readonly visible_auc_ci: Pair | null;
  readonly of_oracle: Ratio;
  readonly of_visible: Ratio | null;
  readonly brier: number;
  readonly log_loss: number;
  readonly ece: number;
  readonly slope: number;
  readonly observed_expected: number;
  readonly observed_expected_ci: Pair;
  readonly levels: readonly {
    readonly level: string;
    readonly n: number;
    readonly expected: number | null;
    readonly observed: number | null;
  }[];
  readonly baselines: {
    readonly one_line: { readonly feature: string; readonly auc: number } | null;
    readonly logistic: { readonly auc: number } | null;
  };
}

export async function evaluateSynthetic(options: EvaluateOptions, context: EvaluateContext): Promise<string> {
  const { seed, months, fromMonth, parameters = null, customers = null } = options;
  if (fromMonth > months) throw new UsageError(`--from-month is ${fromMonth}: the bank has ${months} months`);
  const model = findModel(modelsDirectory(context.root), options.model ?? 'synthetic', options.modelVersion);
  if (trainingSeeds(model.directory).includes(seed)) {
    throw new UsageError(`--seed is ${seed}: the model was made from that bank, so it says nothing; take another`);
  }
  const started = `bank of seed ${seed}, months ${fromMonth} to ${months}${parameters === null ? '' : `, ${parameters}`}`;
  context.progress.step(started);
  const made = await evaluationTables({ seed, months, fromMonth, parameters, customers }, context);
  context.progress.step('scoring');
  const args = [
    'synthetic',
    ...made.paths.flatMap((path) => ['--table', path]),
    ...['--model', model.directory, '--samples', `${options.samples}`],
    ...(model.ceiling === null ? [] : ['--ceiling', model.ceiling]),
  ];
  const { root, signal } = context;
  const evaluation = await askProgram<Evaluation>({ root, file: join('scoring', 'evaluate.ts'), args, signal });
  const enough = made.positives >= LEAST_POSITIVES;
  if (options.json === true) {
    const request = { seed, months, from_month: fromMonth, parameters: parameters ?? 'default' };
    return JSON.stringify({ request, ...evaluation, least_positives: LEAST_POSITIVES, enough_positives: enough });
  }
  return textOf(evaluation, started, made);
}

function textOf(evaluation: Evaluation, bank: string, made: EvaluationTables): string {
  const { model, baselines } = evaluation;
  const few = made.positives < LEAST_POSITIVES ? `; fewer than ${LEAST_POSITIVES}: the intervals are wide` : '';
  const rows = `${evaluation.n.toLocaleString('en')} rows of ${evaluation.customers.toLocaleString('en')} customers`;
  return [
    `${model.name}/${model.version} on the synthetic ${bank}`,
    `${rows}, ${evaluation.positives.toLocaleString('en')} positives${few}`,
    '',
    'AUC',
    ...(baselines.one_line === null
      ? []
      : [line(`one feature: ${baselines.one_line.feature}`, baselines.one_line.auc)]),
    ...(baselines.logistic === null ? [] : [line('logistic regression', baselines.logistic.auc)]),
    line('the model', evaluation.auc, evaluation.auc_ci),
    ...(evaluation.visible_auc === null
      ? []
      : [line('ten times the data', evaluation.visible_auc, evaluation.visible_auc_ci)]),
    line('the oracle', evaluation.oracle_auc, evaluation.oracle_auc_ci),
    '',
    'Share of the lift over chance',
    ratioLine("the oracle's", evaluation.of_oracle),
    ...(evaluation.of_visible === null ? [] : [ratioLine('of ten times the data', evaluation.of_visible)]),
    '',
    'Probabilities',
    line('observed / expected', evaluation.observed_expected, evaluation.observed_expected_ci),
    line('calibration slope', evaluation.slope),
    line('ECE', evaluation.ece),
    line('Brier score', evaluation.brier),
    ...evaluation.levels.map(
      ({ level, n, expected, observed }) =>
        `  ${level.padEnd(10)}${n.toLocaleString('en').padStart(9)} rows  expected ${share(expected)}  observed ${share(observed)}`,
    ),
  ].join('\n');
}

function line(name: string, value: number, interval: Pair | null = null): string {
  const bounds = interval === null ? '' : `  [${interval[0].toFixed(4)}, ${interval[1].toFixed(4)}]`;
  return `  ${name.padEnd(46)}${value.toFixed(4)}${bounds}`;
}

function ratioLine(name: string, { ratio, lo, hi }: Ratio): string {
  return line(name, ratio, [lo, hi]);
}

function share(value: number | null): string {
  return value === null ? '    -' : `${(100 * value).toFixed(1)} %`.padStart(6);
}
