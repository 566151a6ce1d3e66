/**
 * `npm run train`: makes the Python environment (pinned, of its own), the tables of the synthetic banks by the engine's own feature
 * code, and the settings; then trains and writes `models/<name>/<version>/`. The only place that trains; the engine never does.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SILENCES } from '../domain/features/catalogue/silences.ts';
import { CATALOGUE, FEATURE_SET_VERSION } from '../domain/features/catalogue.ts';
import {
  CALIBRATION_RANGE,
  GROUP_CALIBRATION_RANGE,
  LARGEST_OPPORTUNITY_DIFFERENCE,
  LEAST_POSITIVES_OF_GROUP,
} from '../domain/gates/bounds.ts';
import { DEFAULT_MODEL_DIR } from './config.ts';
import { EnvironmentError, makeEnvironment, ONE_THREAD, PYTHON, ROOT, TRAINING } from './python.ts';
import { trainLoans } from './train-loans.ts';

const DATA = join(TRAINING, 'data');
/** The visible ceiling learns from so many times the customers of a model, of another seed. */
const CEILING_TIMES = 10;
const CEILING_VERSION = 'ceiling';
/** Calibration has so many times the customers of the table, others: each level needs positives enough to be calibrated by. */
const CALIBRATION_TIMES = 2;
/** What the ceiling is calibrated on does not change how it ranks, which is all that it is for. */
const CEILING_CALIBRATION_CUSTOMERS = 5000;
/** Calibration needs rows from later than this share of the months on. */
const CALIBRATION_SHARE = 0.5;
/** The other banks have rows from this share of their months on: the model is judged on what is later than its fit. */
const LATER_SHARE = 0.55;
/** The oracle is asked about rows later than this share of the months: of the model's own table only the test slice needs it. */
const ORACLE_SHARE = 0.75;
/** The model of loans, from real accounts: only --data, --version and --seed are for it. */
const LOANS = 'berka';
/** Trained under its own version, the model that ships comes out as it is committed. */
const SHIPPED_VERSION = basename(DEFAULT_MODEL_DIR);
const HELP = `train: makes a model from the synthetic bank, or the model of loans from Berka files (--name ${LOANS} --data DIR)

  --name NAME        model's name (default synthetic)
  --version VERSION  model's version (default ${SHIPPED_VERSION}; of ${LOANS} 1)
  --data DIR         folder with trans.asc(.gz), account.asc and loan.asc, for --name ${LOANS}
  --seed S           seed of the training (default 7)
  --customers N      customers of the bank (default 10000)
  --months M         months of the bank (default 36)
  --bank-seed S      seed of the bank (default 1001)
  --other-customers N  customers of each bank that it is judged on besides (default 3000)
  --calibration-customers N  customers besides, for calibration alone (default twice the customers)
  --lags DAYS        also fit on rows so many days before each moment (default 8,15,22; 0: none)
  --ceiling          train the visible ceiling on ${CEILING_TIMES} times the customers: models/NAME/${CEILING_VERSION}, never promotable
  --draft            do without the other banks, ceiling and oracle: quick, and not for a model that ships
  --reuse-tables     take tables that lie in models/training/data from the same command
  --tables-only      make the tables and stop
  --workers N        threads that make tables; the bytes are the same for any number (default as many as cores, 4 at most)
`;

const { values } = readArguments();
if (values.help) process.stdout.write(HELP);
else if (values.name === LOANS) loans();
else train();

function readArguments() {
  try {
    return parseArgs({
      options: {
        name: { type: 'string', default: 'synthetic' },
        version: { type: 'string', default: SHIPPED_VERSION },
        data: { type: 'string' },
        seed: { type: 'string', default: '7' },
        customers: { type: 'string', default: '10000' },
        months: { type: 'string', default: '36' },
        'bank-seed': { type: 'string', default: '1001' },
        'other-customers': { type: 'string', default: '3000' },
        'calibration-customers': { type: 'string' },
        lags: { type: 'string', default: '8,15,22' },
        ceiling: { type: 'boolean', default: false },
        draft: { type: 'boolean', default: false },
        'reuse-tables': { type: 'boolean', default: false },
        'tables-only': { type: 'boolean', default: false },
        workers: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (cause) {
    return refuse(cause instanceof Error ? cause.message.split('. ')[0]! : String(cause));
  }
}

function train(): void {
  for (const name of [values.name, values.version]) {
    if (!/^[A-Za-z0-9._-]{1,64}$/.test(name)) refuse(`${name} is no name of a model or version: [A-Za-z0-9._-]{1,64}`);
  }
  const seed = wholeNumber('seed', 0);
  mkdirSync(DATA, { recursive: true });
  prepare();
  const settings = join(DATA, 'settings.json');
  writeFileSync(settings, JSON.stringify(settingsDocument()));
  const common = ['--settings', settings, '--name', values.name, '--seed', String(seed)];
  const own = values.ceiling ? ceilingArguments() : modelArguments();
  if (!values['tables-only']) run(PYTHON, [join(TRAINING, 'train.py'), ...common, ...own]);
}

function loans(): void {
  const data = values.data ?? refuse(`--name ${LOANS} needs --data DIR`);
  const version = process.argv.some((arg) => arg.startsWith('--version')) ? values.version : '1';
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(version)) refuse(`${version} is no version: [A-Za-z0-9._-]{1,64}`);
  mkdirSync(DATA, { recursive: true });
  prepare();
  const python = (args: readonly string[]) => run(PYTHON, args);
  const node = (args: readonly string[]) => run(process.execPath, args);
  trainLoans({ data: resolve(data), name: values.name, version, seed: wholeNumber('seed', 0), python, node });
}

function modelArguments(): string[] {
  const bank = { customers: wholeNumber('customers', 1), months: wholeNumber('months', 1), seed: bankSeedOf() };
  const lags = values.lags === '0' ? [] : ['--lags', values.lags];
  const oracle = values.draft ? [] : ['--oracle', '--oracle-from', monthStart(Math.floor(ORACLE_SHARE * bank.months))];
  const table = makeTable({ ...bank, parameters: 'default' }, [...lags, ...oracle]);
  values['calibration-customers'] ??= String(CALIBRATION_TIMES * bank.customers);
  const calibration = calibrationTable(bank, wholeNumber('calibration-customers', 1));
  const testRows = join(DATA, `${values.name}-${values.version}-test.parquet`);
  return [
    ...['--table', table, '--calibration', calibration],
    ...['--out', folderOf(values.version), '--version', values.version],
    ...['--ceiling-model', folderOf(CEILING_VERSION), '--test-rows', testRows],
    ...(values.draft ? ['--draft'] : otherBanks(bank)),
  ];
}

/** More customers of the same bank, later rows alone: cheap, and enough of them for each level to be calibrated. */
function calibrationTable({ customers, months, seed }: Omit<Bank, 'parameters'>, count: number): string {
  const later = ['--from-month', String(Math.floor(CALIBRATION_SHARE * months))];
  const others = { customers: count, months, seed, parameters: 'default', firstCustomer: customers };
  return makeTable(others, later);
}

/** Three banks that it is judged on besides: another seed, a planted disparity, another world. */
function otherBanks({ months, seed }: { readonly months: number; readonly seed: number }): string[] {
  const from = Math.ceil(LATER_SHARE * months);
  const later = ['--from-month', String(from)];
  const customers = wholeNumber('other-customers', 1);
  const other = (parameters: string, flags: readonly string[]): string =>
    makeTable({ customers, months, seed: seed + 1, parameters }, flags);
  return [
    // All months: the first ones hold the thin files.
    ...['--fresh', other('default', ['--oracle', '--oracle-from', monthStart(from - 1)])],
    ...['--shift', other('shift', [...later, '--oracle'])],
    ...['--disparity', other('disparity', later)],
  ];
}

/** First day of a calendar month of the default bank, counted from 0. */
function monthStart(month: number): string {
  const file = join(ROOT, 'services', 'domain', 'synthetic-bank', 'parameters.json');
  const { startDate } = JSON.parse(readFileSync(file, 'utf8')) as { startDate: { year: number; month: number } };
  return new Date(Date.UTC(startDate.year, startDate.month - 1 + month, 1)).toISOString();
}

/** Same parameters, other seed, more people; no lags: at this size they teach nothing. */
function ceilingArguments(): string[] {
  const customers = CEILING_TIMES * wholeNumber('customers', 1);
  const bank = { customers, months: wholeNumber('months', 1), seed: bankSeedOf() + 2 };
  const table = makeTable({ ...bank, parameters: 'default' }, []);
  const calibration = calibrationTable(bank, CEILING_CALIBRATION_CUSTOMERS);
  return [
    ...['--table', table, '--calibration', calibration],
    ...['--out', folderOf(CEILING_VERSION), '--version', CEILING_VERSION, '--ceiling'],
  ];
}

function folderOf(version: string): string {
  return join(ROOT, 'models', values.name, version);
}

function bankSeedOf(): number {
  return wholeNumber('bank-seed', 0);
}

function wholeNumber(
  name: 'seed' | 'customers' | 'months' | 'bank-seed' | 'other-customers' | 'calibration-customers' | 'workers',
  least: number,
) {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < least || values[name] === '') {
    refuse(`--${name} is ${values[name]}: expected a whole number from ${least}`);
  }
  return value;
}

function prepare(): void {
  try {
    makeEnvironment();
  } catch (cause) {
    if (!(cause instanceof EnvironmentError)) throw cause;
    process.stderr.write(`train: ${cause.message}\n`);
    process.exit(cause.exitCode);
  }
}

interface Bank {
  readonly customers: number;
  readonly months: number;
  readonly seed: number;
  readonly parameters: string;
  /** Counted from 0; customers follow on it. */
  readonly firstCustomer?: number;
}

/** A table of vectors and forward labels of a synthetic bank. @returns its path */
function makeTable({ customers, months, seed, parameters, firstCustomer = 0 }: Bank, flags: readonly string[]): string {
  const stem = join(
    DATA,
    `${parameters}-${customers}${firstCustomer > 0 ? `-from-${firstCustomer}` : ''}-${months}-${seed}`,
  );
  const first = firstCustomer > 0 ? ['--first-customer', String(firstCustomer)] : [];
  const bank = [...first, '--customers', String(customers), '--months', String(months), '--seed', String(seed)];
  const args = ['dataset', '--synthetic', '--parameters', parameters, ...bank, ...flags];
  const made = `${stem}.command.json`;
  const command = JSON.stringify({ featureSetVersion: FEATURE_SET_VERSION, args });
  const known = values['reuse-tables'] && existsSync(made) && readFileSync(made, 'utf8') === command;
  if (!known) {
    const workers = values.workers === undefined ? [] : ['--workers', String(wholeNumber('workers', 1))];
    run(process.execPath, [
      join(ROOT, 'services', 'simulator', 'main.ts'),
      ...args,
      ...workers,
      ...['--out', `${stem}.parquet`],
    ]);
    writeFileSync(made, command);
  }
  return `${stem}.parquet`;
}

function settingsDocument() {
  return {
    version: FEATURE_SET_VERSION,
    silences: SILENCES,
    features: CATALOGUE.map(({ name, group, riskDirection }) => ({ name, group, riskDirection })),
    bounds: {
      calibrationRange: CALIBRATION_RANGE,
      groupCalibrationRange: GROUP_CALIBRATION_RANGE,
      largestOpportunityDifference: LARGEST_OPPORTUNITY_DIFFERENCE,
      leastPositivesOfGroup: LEAST_POSITIVES_OF_GROUP,
    },
  };
}

/** A step that fails has said why; so does the exit code. */
function run(command: string, args: readonly string[]): void {
  const env = { ...process.env, ...ONE_THREAD };
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', env, cwd: ROOT });
  if (status === 0) return;
  if (error) process.stderr.write(`train: ${command}: ${error.message}\n`);
  process.exit(status ?? 1);
}

function refuse(why: string): never {
  process.stderr.write(`train: ${why}; see --help\n`);
  process.exit(64);
}
