/**
 * `npm run train`: makes the Python environment (pinned, of its own), the table of the synthetic bank and the catalogue, then
 * trains and writes `models/<name>/<version>/`. The only place that runs Python; the engine never does.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CATALOGUE, FEATURE_SET_VERSION } from '../domain/features/catalogue.ts';
import { EnvironmentError, makeEnvironment, ONE_THREAD, PYTHON, ROOT, TRAINING } from './python.ts';

const DATA = join(TRAINING, 'data');

const HELP = `train: makes a model from the synthetic bank

  --name NAME        model's name (default synthetic)
  --version VERSION  model's version (default 2)
  --seed S           seed of the training (default 7)
  --customers N      customers of the bank (default 8000)
  --months M         months of the bank (default 36)
  --bank-seed S      seed of the bank (default 1001)
`;

const { values } = parseArgs({
  options: {
    name: { type: 'string', default: 'synthetic' },
    version: { type: 'string', default: '2' },
    seed: { type: 'string', default: '7' },
    customers: { type: 'string', default: '8000' },
    months: { type: 'string', default: '36' },
    'bank-seed': { type: 'string', default: '1001' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else train();

function train(): void {
  for (const name of [values.name, values.version]) {
    if (/^[A-Za-z0-9._-]{1,64}$/.test(name)) continue;
    process.stderr.write(`train: ${name} is no name of a model or version: [A-Za-z0-9._-]{1,64}\n`);
    process.exit(64);
  }
  mkdirSync(DATA, { recursive: true });
  prepare();
  const made = makeTable();
  const catalogue = join(DATA, 'catalogue.json');
  writeFileSync(catalogue, JSON.stringify(catalogueDocument()));
  run(PYTHON, [
    join(TRAINING, 'train.py'),
    ...['--table', made.table, '--sidecar', made.sidecar, '--catalogue', catalogue],
    ...['--out', join(ROOT, 'models', values.name, values.version)],
    ...['--name', values.name, '--version', values.version, '--seed', values.seed, '--command', made.command],
  ]);
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

/** The table of vectors and forward labels; features are computed by the engine's own code. */
function makeTable(): { table: string; sidecar: string; command: string } {
  const { customers, months, 'bank-seed': seed } = values;
  const stem = join(DATA, `synthetic-${customers}-${months}-${seed}`);
  const table = `${stem}.parquet`;
  const command = `dataset --synthetic --customers ${customers} --months ${months} --seed ${seed}`;
  run(process.execPath, [join(ROOT, 'services', 'simulator', 'main.ts'), ...command.split(' '), '--out', table]);
  return { table, sidecar: `${stem}.json`, command: `node services/simulator/main.ts ${command}` };
}

function catalogueDocument() {
  return {
    version: FEATURE_SET_VERSION,
    features: CATALOGUE.map(({ name, group, riskDirection }) => ({ name, group, riskDirection })),
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
