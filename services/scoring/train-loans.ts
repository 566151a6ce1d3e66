/** `npm run train -- --name berka --data DIR`: the model of loans, from the Berka files (PKDD'99) alone. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOAN_FEATURE_SET_VERSION, LOAN_FEATURES } from '../domain/features/loan/catalogue.ts';
import { ROOT, TRAINING } from './python.ts';

export interface LoanTraining {
  /** Folder of the Berka files. */
  readonly data: string;
  readonly name: string;
  readonly version: string;
  readonly seed: number;
  /** Runs the training environment's Python, or Node, to its end. */
  readonly python: (args: readonly string[]) => void;
  readonly node: (args: readonly string[]) => void;
}

/** The table of real accounts is made for the run and removed with it. */
export function trainLoans({ data, name, version, seed, python, node }: LoanTraining): void {
  const folder = mkdtempSync(join(TRAINING, 'data', 'loans-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const table = join(folder, 'loans.parquet');
  node([join(ROOT, 'services', 'simulator', 'main.ts'), 'loans', '--data', data, '--out', table]);
  const settings = join(folder, 'settings.json');
  writeFileSync(settings, JSON.stringify(settingsDocument()));
  python([
    join(TRAINING, 'berka.py'),
    ...['--table', table, '--settings', settings, '--out', join(ROOT, 'models', name, version)],
    ...['--name', name, '--version', version, '--seed', String(seed)],
  ]);
}

function settingsDocument() {
  return {
    version: LOAN_FEATURE_SET_VERSION,
    features: LOAN_FEATURES.map((feature) => feature.name),
    meanings: Object.fromEntries(LOAN_FEATURES.map((feature) => [feature.name, feature.meaning])),
  };
}
