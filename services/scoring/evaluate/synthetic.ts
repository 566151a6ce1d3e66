/** `evaluate synthetic`: a model on rows of a synthetic bank, between a baseline and what could be known at all. */
import { auc } from '../../domain/evaluation/ranking.ts';
import { CATALOGUE_NAMES } from '../model/catalogue-names.ts';
import { calibratedProbabilities } from '../model/columns.ts';
import { loadModel, type Model } from '../model/load.ts';
import { type Baselines, featuresOf, logisticScores, oneLineScores, readBaselines } from './baselines.ts';
import { COMMON_FLAGS, parseFlags, required, wholeNumber } from './flags.ts';
import { measure, rounded } from './measure.ts';
import { type EvaluationRows, readRows } from './rows.ts';

const HELP = `evaluate synthetic: how good a model is on rows of a synthetic bank

  --table FILE       a table of "simulator dataset", may be repeated for the parts of one bank
  --model DIR        folder of the model
  --ceiling DIR      folder of the best model trained on ten times the data
  --samples N        bootstrap samples of customers (default 1000)
  --bootstrap-seed S their seed (default 1)
`;

interface Settings {
  readonly tables: readonly string[];
  readonly model: string;
  readonly ceiling: string | null;
  readonly samples: number;
  readonly seed: number;
}

/** @returns what is printed; null: help was asked for. @throws EvaluationError, ModelRefusedError */
export async function evaluateSynthetic(args: readonly string[]): Promise<object | null> {
  const settings = readSettings(args);
  if (settings === null) return null;
  const models: Model[] = [];
  const load = async (directory: string): Promise<Model> => {
    const model = await loadModel(directory, CATALOGUE_NAMES, Date.now());
    models.push(model);
    return model;
  };
  try {
    const model = await load(settings.model);
    const ceiling = settings.ceiling === null ? null : await load(settings.ceiling);
    return await compare(settings, model, ceiling, await readBaselines(settings.model));
  } finally {
    for (const model of models) await model.release();
  }
}

async function compare(settings: Settings, model: Model, ceiling: Model | null, baselines: Baselines | null) {
  const inputs = [...model.manifest.inputs, ...(ceiling?.manifest.inputs ?? []), ...featuresOf(baselines)];
  const rows = await readRows(settings.tables, inputs);
  const scored = {
    customers: rows.customers,
    labels: rows.labels,
    probabilities: await probabilitiesOf(model, rows),
    actionProbability: model.policy.actionProbability,
    oracle: rows.oracle,
    visible: ceiling === null ? null : await probabilitiesOf(ceiling, rows),
  };
  const { samples, seed } = settings;
  return {
    bank: rows.bank,
    model: identityOf(model),
    ceiling: ceiling === null ? null : identityOf(ceiling),
    ...measure(scored, { samples, seed }),
    baselines: baselineFigures(baselines, rows),
    tables: rows.sha256,
  };
}

function probabilitiesOf(model: Model, { features, count }: EvaluationRows): Promise<Float64Array> {
  const columns = model.manifest.inputs.map((name) => features.get(name)!);
  return calibratedProbabilities(model, columns, count);
}

function identityOf({ manifest: { name, version }, onnxSha256 }: Model) {
  return { name, version, sha256: onnxSha256 };
}

/** Null where the model's folder tells none. */
function baselineFigures(baselines: Baselines | null, rows: EvaluationRows) {
  const { one_line: oneLine = null, logistic = null } = baselines ?? {};
  const aucOf = (scores: Float64Array) => rounded(auc(scores, rows.labels));
  return {
    one_line: oneLine === null ? null : { feature: oneLine.feature, auc: aucOf(oneLineScores(oneLine, rows)) },
    logistic: logistic === null ? null : { auc: aucOf(logisticScores(logistic, rows)) },
  };
}

/** @throws EvaluationError for a flag that is wrong */
function readSettings(args: readonly string[]): Settings | null {
  const table = { type: 'string', multiple: true } as const;
  const values = parseFlags(args, { ...COMMON_FLAGS, table, ceiling: { type: 'string' } } as const);
  if (values.help) {
    process.stdout.write(HELP);
    return null;
  }
  return {
    tables: required('table', values.table),
    model: required('model', values.model),
    ceiling: values.ceiling ?? null,
    samples: wholeNumber('samples', values.samples, 1),
    seed: wholeNumber('bootstrap-seed', values['bootstrap-seed'], 0),
  };
}
