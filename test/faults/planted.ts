/**
 * Whether the matrix would notice: plants a bug into a copy of the engine, runs the case that has to catch it, and expects it to fail.
 *
 *   node test/faults/planted.ts [NAME…]     default: all; about a minute each. Exits 0 if each was caught.
 */
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Planted {
  readonly name: string;
  readonly file: string;
  /** Each found exactly once. */
  readonly replace: readonly (readonly [before: string, after: string])[];
  /** The case that has to catch it. */
  readonly caughtBy: string;
}

const ROOT = join(import.meta.dirname, '..', '..');
const COPIED = ['gen', 'models/synthetic', 'package.json', 'proto', 'services', 'test'];
const SEED = '1';

const PLANTED: readonly Planted[] = [
  {
    name: 'commit-before-score',
    file: 'services/features/commit-batch.ts',
    replace: [
      [
        `  crashPoint('before-score');
  const conflicts = await deps.scorer.score(effect.entries, signal);
  await insertVectorConflicts(tx, conflicts);
`,
        '  const conflicts = [];\n',
      ],
      [
        '  return await deps.pool.transaction((tx) => commitIn(tx, deps, batch, effect, signal), { asyncCommit: true });',
        `  const done = await deps.pool.transaction((tx) => commitIn(tx, deps, batch, effect, signal));
  crashPoint('before-score');
  await deps.scorer.score(effect.entries, signal);
  return done;`,
      ],
    ],
    caughtBy: 'features:before-score',
  },
  {
    name: 'auto-commit',
    file: 'services/features/commit-batch.ts',
    replace: [
      [
        '  await move(tx, deps.group, batch, effect);',
        '  await deps.pool.transaction((own) => move(own, deps.group, batch, effect));',
      ],
    ],
    caughtBy: 'features:after-score-before-commit',
  },
  {
    name: 'cursor-before-publish',
    file: 'services/platform/outbox/shard-publisher.ts',
    replace: [
      ["      crashPoint('after-commit-before-publish');\n", ''],
      [
        '      if (records.length > 0) await o.producer.send(records, aborting.signal);\n',
        `      await o.cursors.advance(o.lease, upTo);
      crashPoint('after-commit-before-publish');
      if (records.length > 0) await o.producer.send(records, aborting.signal);
`,
      ],
    ],
    caughtBy: 'scoring:after-commit-before-publish',
  },
];

async function isCaught(planted: Planted): Promise<boolean> {
  const copy = await mkdtemp(join(tmpdir(), 'pde-planted-'));
  try {
    for (const path of COPIED) await cp(join(ROOT, path), join(copy, path), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    await plant(join(copy, planted.file), planted.replace);
    const { code, output } = await run(copy, ['--case', planted.caughtBy, '--seed', SEED, '--json']);
    const result =
      output === '' ? null : (JSON.parse(output) as { lost: number; duplicated: number; differing: number });
    return code === 1 && result !== null && result.lost + result.duplicated + result.differing > 0;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function plant(file: string, replace: Planted['replace']): Promise<void> {
  let text = await readFile(file, 'utf8');
  for (const [before, after] of replace) {
    if (text.split(before).length !== 2) throw new Error(`${file} does not hold exactly once: ${before}`);
    text = text.replace(before, () => after);
  }
  await writeFile(file, text);
}

function run(
  root: string,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  const entry = join(root, 'test', 'faults', 'matrix.ts');
  const small = ['--customers', '16', '--months', '6'];
  const child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', entry, ...args, ...small], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output: output.trim() }));
  });
}

const names = process.argv.slice(2);
const unknown = names.filter((name) => !PLANTED.some((planted) => planted.name === name));
if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}; known: ${PLANTED.map(({ name }) => name)}`);
for (const planted of PLANTED.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const caught = await isCaught(planted);
  process.stdout.write(`${planted.name}: ${caught ? 'caught' : 'NOT CAUGHT'} by ${planted.caughtBy}\n`);
  if (!caught) process.exitCode = 1;
}
