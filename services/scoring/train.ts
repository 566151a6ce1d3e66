/**
 * `npm run train`: makes the Python environment (pinned, of its own), the table of the synthetic bank and the catalogue, then
 * trains and writes `models/<name>/<version>/`. The only place that runs Python; the engine never does.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CATALOGUE, FEATURE_SET_VERSION } from '../domain/features/catalogue.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const TRAINING = join(ROOT, 'models', 'training');
const DATA = join(TRAINING, 'data');
const VENV = join(TRAINING, '.venv');
const PYTHON = join(VENV, 'bin', 'python');

const HELP = `train: makes a model from the synthetic bank

  --name NAME        model's name (default synthetic)
  --version VERSION  model's version (default 1)
  --seed S           seed of the training (default 7)
  --customers N      customers of the bank (default 8000)
  --months M         months of the bank (default 36)
  --bank-seed S      seed of the bank (default 1001)
`;

const { values } = parseArgs({
  options: {
    name: { type: 'string', default: 'synthetic' },
    version: { type: 'string', default: '1' },
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
  makeEnvironment();
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

/** Makes the environment anew whenever the pinned list changes. */
function makeEnvironment(): void {
  const requirements = join(TRAINING, 'requirements.txt');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const mark = join(VENV, 'requirements.sha256');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  run('python3', ['-m', 'venv', '--clear', VENV]);
  run(PYTHON, ['-m', 'pip', 'install', '--quiet', '--no-deps', '-r', requirements]);
  writeFileSync(mark, wanted);
}

/** The table of vectors and forward labels; features are computed by the engine's own code. */
function makeTable(): { table: string; sidecar: string; command: string } {
  const { customers, months, 'bank-seed': seed } = values;
  const table = join(DATA, `synthetic-${customers}-${months}-${seed}.csv`);
  const command = `dataset --synthetic --customers ${customers} --months ${months} --seed ${seed}`;
  run(process.execPath, [join(ROOT, 'services', 'simulator', 'main.ts'), ...command.split(' '), '--out', table]);
  return { table, sidecar: `${table}.json`, command: `node services/simulator/main.ts ${command}` };
}

function catalogueDocument() {
  return {
    version: FEATURE_SET_VERSION,
    features: CATALOGUE.map(({ name, group, riskDirection }) => ({ name, group, riskDirection })),
  };
}

/** Threads are one everywhere: sums in another order are other bits. A step that fails has said why; so does the exit code. */
function run(command: string, args: readonly string[]): void {
  const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', PYTHONHASHSEED: '0' };
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', env, cwd: ROOT });
  if (status === 0) return;
  if (error) process.stderr.write(`train: ${command}: ${error.message}\n`);
  process.exit(status ?? 1);
}
