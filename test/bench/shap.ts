/**
 * `npm run bench:shap -- --json`: microseconds a row of our exact SHAP and of XGBoost's `pred_contribs` with one thread, on the same
 * models and rows in one run. See services/domain/scoring/kernel/README.md for what the figures mean.
 *
 * Both take turns for some rounds after one that does not count; each one's best round is reported, since a shared machine only ever
 * adds time. A round of ours lasts at least as long as ROUND_MS and counts in whole, so that what it costs the machine is in it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { type Forest, parseForest } from '../../services/domain/scoring/forest.ts';
import { createFastShap, type FastShap } from '../../services/domain/scoring/kernel/fast-shap.ts';
import { makeEnvironment, ONE_THREAD, PYTHON } from '../../services/scoring/python.ts';

const MODELS = [
  { trees: 200, depth: 4 },
  { trees: 300, depth: 6 },
];
const BATCHES = [1, 1_000];
const ROUND_MS = 150;
const NOT_MEASURED = [
  'parsing the model and filling the tables (load_ms, once a model, is beside the models)',
  'making rows: our float32 block and the DMatrix of XGBoost exist before a round begins',
  'other sizes of trees, other shares of missing values, more than one thread, and GPUs',
  'single rows of XGBoost are 50 different ones and ours 1,000, in turn',
];

const HELP = `bench:shap: exact SHAP, ours and XGBoost's pred_contribs on one thread, in one run

  --json       the result as JSON on standard output
  --rounds N   rounds that count, 1 to 100 (default 7)
`;

interface Loaded {
  readonly trees: number;
  readonly depth: number;
  readonly forest: Forest;
  readonly kernel: FastShap;
  readonly loadMs: number;
  /** Contributions as XGBoost computed them, the base value last. */
  readonly expected: Float32Array;
}

interface Result {
  readonly trees: number;
  readonly depth: number;
  readonly batch: number;
  readonly ours_us: number;
  readonly xgboost_us: number;
  readonly ratio: number;
  readonly max_abs_error: number;
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else await main(readRounds(values.rounds));

function readRounds(text: string): number {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= 100) return rounds;
  process.stderr.write(`bench:shap: --rounds ${text} is no whole number from 1 to 100\n`);
  process.exit(64);
}

async function main(rounds: number): Promise<void> {
  makeEnvironment();
  const directory = mkdtempSync(join(tmpdir(), 'pde-bench-shap-'));
  const peer = startPeer(directory);
  try {
    await peer.answer();
    const rows = readFloats(join(directory, 'rows.f32'));
    const models = MODELS.map((model) => load(directory, model));
    const results: Result[] = [];
    for (const model of models) {
      for (const batch of BATCHES) results.push(await compare(model, batch, rows, rounds, peer));
    }
    print(models, results, rounds);
  } finally {
    peer.end();
    rmSync(directory, { recursive: true });
  }
}

interface Peer {
  /** The next line that it prints. */
  answer(): Promise<string>;
  ask(line: string): Promise<string>;
  end(): void;
}

function startPeer(directory: string): Peer {
  const child: ChildProcess = spawn(PYTHON, [join(import.meta.dirname, 'shap.py'), directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...ONE_THREAD },
  });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const answer = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the Python side of the benchmark has ended; its reason is above');
    return value;
  };
  return {
    answer,
    ask(line) {
      child.stdin!.write(`${line}\n`);
      return answer();
    },
    end: () => child.stdin!.end(),
  };
}

function load(directory: string, { trees, depth }: { trees: number; depth: number }): Loaded {
  const document: unknown = JSON.parse(readFileSync(join(directory, `${trees}-${depth}.forest.json`), 'utf8'));
  const start = performance.now();
  const forest = parseForest(document);
  const kernel = createFastShap(forest);
  const loadMs = performance.now() - start;
  return {
    trees,
    depth,
    forest,
    kernel,
    loadMs,
    expected: readFloats(join(directory, `${trees}-${depth}.contribs.f32`)),
  };
}

async function compare(model: Loaded, batch: number, rows: Float32Array, rounds: number, peer: Peer): Promise<Result> {
  const { trees, depth } = model;
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const theirUs = Number(await peer.ask(`${trees} ${depth} ${batch}`));
    const ourUs = timeRound(model, batch, rows);
    if (round === 0) continue;
    theirs.push(theirUs);
    ours.push(ourUs);
  }
  const ourUs = Math.min(...ours);
  const theirUs = Math.min(...theirs);
  return {
    trees,
    depth,
    batch,
    ours_us: round(ourUs, 3),
    xgboost_us: round(theirUs, 1),
    ratio: round(theirUs / ourUs, 1),
    max_abs_error: largestError(model, batch, rows),
  };
}

/** Microseconds a row over all passes of a round. */
function timeRound(model: Loaded, batch: number, rows: Float32Array): number {
  const out = new Float64Array(batch * model.forest.features.length);
  const start = performance.now();
  let explained = 0;
  do {
    explained += pass(model, batch, rows, out, () => undefined);
  } while (performance.now() - start < ROUND_MS);
  return ((performance.now() - start) * 1000) / explained;
}

/** Explains all rows, batch by batch; `done` sees each. Answers how many rows there are. */
function pass(
  { kernel, forest }: Loaded,
  batch: number,
  rows: Float32Array,
  out: Float64Array,
  done: (first: number) => void,
): number {
  const width = forest.features.length;
  const count = rows.length / width;
  for (let first = 0; first < count; first += batch) {
    kernel.explain(rows.subarray(first * width, (first + batch) * width), batch, out);
    done(first);
  }
  return count;
}

function largestError(model: Loaded, batch: number, rows: Float32Array): number {
  const width = model.forest.features.length;
  const out = new Float64Array(batch * width);
  let largest = 0;
  pass(model, batch, rows, out, (first) => {
    for (let row = 0; row < batch; row++) {
      const expected = (first + row) * (width + 1);
      for (let i = 0; i < width; i++) {
        largest = Math.max(largest, Math.abs(out[row * width + i]! - model.expected[expected + i]!));
      }
      largest = Math.max(largest, Math.abs(model.kernel.baseValue - model.expected[expected + width]!));
    }
  });
  return largest;
}

function print(models: readonly Loaded[], results: readonly Result[], rounds: number): void {
  const described = models.map(({ trees, depth, forest, kernel, loadMs }) => ({
    trees,
    depth,
    inputs: forest.features.length,
    leaves_a_tree: round(forest.feature.filter((input) => input < 0).length / trees, 1),
    load_ms: round(loadMs, 0),
    table_bytes: kernel.tableBytes,
    fallback: kernel.fallback,
  }));
  if (values.json) {
    const reported = `best of ${rounds} rounds each, in turns`;
    process.stdout.write(`${JSON.stringify({ results, models: described, reported, not_measured: NOT_MEASURED })}\n`);
    return;
  }
  console.table(results);
  console.table(described);
  process.stdout.write(`best of ${rounds} rounds each, in turns; not measured: ${NOT_MEASURED.join('; ')}\n`);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function readFloats(file: string): Float32Array {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
