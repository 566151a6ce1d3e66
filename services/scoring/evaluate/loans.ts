/** `evaluate loans`: a model of loans on a table of loans, each scored as of the day before its grant. */
import { writeFile } from 'node:fs/promises';
import { LOAN_FEATURE_NAMES, LOAN_FEATURE_SET_VERSION } from '../../domain/features/loan/catalogue.ts';
import { calibrate } from '../../domain/scoring/calibration.ts';
import { rowMajor } from '../model/columns.ts';
import { type CatalogueNames, loadModel, type Model } from '../model/load.ts';
import { type CrossFit, readCrossFit } from './cross-fit.ts';
import { EvaluationError } from './error.ts';
import { COMMON_FLAGS, parseFlags, required, wholeNumber } from './flags.ts';
import { type Loans, readLoans } from './loan-table.ts';
import { measureLoans } from './measure-loans.ts';

const HELP = `evaluate loans: how good a model of loans is

  --table FILE       a table of "simulator loans"
  --model DIR        folder of the model
  --scores FILE      also write account_id and probability of each loan, as CSV
  --samples N        bootstrap samples of accounts (default 1000)
  --bootstrap-seed S their seed (default 1)
`;

/** What a model of loans is bound to. */
export const LOAN_CATALOGUE: CatalogueNames = { version: LOAN_FEATURE_SET_VERSION, names: LOAN_FEATURE_NAMES };

const LABEL = 'how a loan ended: B (ended, not repaid) or D (running, in debt); no miss within 45 days';

/** @returns what is printed; null: help was asked for. @throws EvaluationError, ModelRefusedError */
export async function evaluateLoans(args: readonly string[]): Promise<object | null> {
  const settings = readSettings(args);
  if (settings === null) return null;
  const model = await loadModel(settings.model, LOAN_CATALOGUE, Date.now());
  try {
    const loans = await readLoans(settings.table);
    if (loans.accounts.length === 0) throw new EvaluationError('there is no loan to evaluate on');
    const crossFit = await readCrossFit(settings.model, model.forest);
    const { probabilities, outOfFold } = await score(model, crossFit, loans);
    if (settings.scores !== null) await writeFile(settings.scores, scoresFile(loans.accounts, probabilities));
    const { samples, seed } = settings;
    return {
      ...measureLoans({ ...loans, probabilities }, { samples, seed }),
      out_of_fold: outOfFold,
      out_of_fold_note: noteOf(crossFit, outOfFold, loans.accounts.length),
      label: LABEL,
      model: { name: model.manifest.name, version: model.manifest.version, sha256: model.onnxSha256 },
      data: {
        sources: loans.sidecar.sources,
        skipped_lines: loans.sidecar.skipped_lines,
        without_history: loans.sidecar.without_history,
        table: loans.sha256,
      },
      bootstrap: { samples, seed, unit: 'account', level: 0.95 },
    };
  } finally {
    await model.release();
  }
}

/** A loan of the training period by the trees that have not seen its fold, any other by all. */
export async function score(
  model: Pick<Model, 'manifest' | 'session' | 'calibration'>,
  crossFit: CrossFit,
  { features, grantDays }: Pick<Loans, 'features' | 'grantDays'>,
): Promise<{ probabilities: Float64Array; outOfFold: number }> {
  const count = grantDays.length;
  const columns = model.manifest.inputs.map((name) => features[LOAN_FEATURE_NAMES.indexOf(name as never)]!);
  const rows = rowMajor(columns, count);
  const margins = await model.session.margins(rows, count);
  let outOfFold = 0;
  const probabilities = Float64Array.from(margins, (margin, row) => {
    const unseen = crossFit.outOfFoldMargin(rows, row, grantDays[row]!);
    if (unseen !== null) outOfFold++;
    return calibrate(model.calibration, unseen ?? margin);
  });
  return { probabilities, outOfFold };
}

function noteOf({ period: [first, last] }: CrossFit, outOfFold: number, count: number): string {
  const period = `granted within the training period, ${first} to ${last}`;
  if (outOfFold === 0) return `no loan was ${period}: all are scored by the whole model`;
  const rest = outOfFold === count ? '' : '; the others by the whole model';
  return `${outOfFold} of ${count} loans were ${period}: they are scored out of fold, by trees that were fitted without them${rest}`;
}

export function scoresFile(accounts: readonly string[], probabilities: Float64Array): string {
  const lines = accounts.map((account, row) => `${account},${probabilities[row]}`);
  return `${['account_id,probability', ...lines].join('\n')}\n`;
}

interface Settings {
  readonly table: string;
  readonly model: string;
  readonly scores: string | null;
  readonly samples: number;
  readonly seed: number;
}

/** @throws EvaluationError for a flag that is wrong */
function readSettings(args: readonly string[]): Settings | null {
  const values = parseFlags(args, { ...COMMON_FLAGS, table: { type: 'string' }, scores: { type: 'string' } } as const);
  if (values.help) {
    process.stdout.write(HELP);
    return null;
  }
  return {
    table: required('table', values.table),
    model: required('model', values.model),
    scores: values.scores ?? null,
    samples: wholeNumber('samples', values.samples, 1),
    seed: wholeNumber('bootstrap-seed', values['bootstrap-seed'], 0),
  };
}
