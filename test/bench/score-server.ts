/**
 * The scoring service for bench:score: wired as services/scoring/main.ts, and told by its parent when to measure itself. With
 * PDE_BENCH_EXPLANATION=without the kernel writes margin - base value to one input instead of explaining: everything else (checks,
 * calibration, digest, storage, publishing) is the same, so the difference is what the explanation costs.
 */
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { OperationsService } from '../../gen/pde/operations/v1/operations_service_pb.ts';
import { ScoringService } from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { loadKeyRing } from '../../services/platform/auth/key-ring.ts';
import { runService } from '../../services/platform/lifecycle/run-service.ts';
import { createPool } from '../../services/platform/postgres/pool.ts';
import { createRpcServer } from '../../services/platform/rpc/server.ts';
import { readScoringConfig } from '../../services/scoring/config.ts';
import { CATALOGUE_NAMES } from '../../services/scoring/model/catalogue-names.ts';
import { createScoringOperations } from '../../services/scoring/operations.ts';
import { createPredictionOutbox } from '../../services/scoring/outbox.ts';
import { acquirePublishing } from '../../services/scoring/publishing.ts';
import { createRecorder } from '../../services/scoring/record.ts';
import { acquireRegistry } from '../../services/scoring/registry/acquire.ts';
import type { ModelsInForce } from '../../services/scoring/registry/in-force.ts';
import { createReporter } from '../../services/scoring/report.ts';
import { createScoringRpc } from '../../services/scoring/rpc.ts';
import { measureInference, threadCpuMs } from './score-inference.ts';
import { unexplained } from './score-unexplained.ts';

/** What the parent asks for: inference alone, or the figures since the last question. */
export type Question = 'inference' | 'figures';

export interface Figures {
  readonly cpuMs: number;
  /** Longest time in which the event loop did not come round; 99th of a hundred such times. */
  readonly blockedMaxMs: number;
  readonly blockedP99Ms: number;
  /** Most processor time of the event loop's thread between two turns ({@link threadCpuMs}): the part of blockedMaxMs that is its own. */
  readonly computedMaxMs: number;
  /** Longest pause by the garbage collector. */
  readonly collectedMaxMs: number;
}

const RESOLUTION_MS = 1;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
let cpu = process.cpuUsage();
let computedMaxMs = 0;
let collectedMaxMs = 0;
watchTurns();
watchCollector();

await runService('scoring', readScoringConfig, async (scope, config) => {
  const pool = await scope.acquire(
    'postgres',
    () => createPool(config.postgres),
    (open) => open.close(),
  );
  const registry = await acquireRegistry(scope, pool, config);
  const models =
    process.env.PDE_BENCH_EXPLANATION === 'without' ? withoutExplanation(registry.models) : registry.models;
  const { producer, relay } = await acquirePublishing(scope, config, pool, CATALOGUE_NAMES.names);
  const rpc = createScoringRpc({
    ...{ registry, models, archive: registry.archive },
    pool,
    recorder: createRecorder(pool, createPredictionOutbox(relay)),
    reporter: createReporter(scope.log, scope.metrics),
    getFeatures: () => Promise.reject(new Error('bench:score asks for no features')),
    nowMs: Date.now,
  });
  const operations = createScoringOperations(pool, producer);
  const keyRing = await loadKeyRing(config.rpc.apiKeysFile);
  await createRpcServer({
    ...{ scope, keyRing, ...config.rpc },
    services: (router) => void router.service(ScoringService, rpc).service(OperationsService, operations),
  });
  answerParent((question) => (question === 'inference' ? models.using(measureInference) : Promise.resolve(figures())));
});

function withoutExplanation(models: ModelsInForce): ModelsInForce {
  return { ...models, using: (work) => models.using((model) => work(unexplained(model))) };
}

/** Since the last call. The timer that the delay is taken from is itself RESOLUTION_MS. */
function figures(): Figures {
  const used = process.cpuUsage(cpu);
  const overResolution = (ns: number): number => Math.max(0, ns / 1e6 - RESOLUTION_MS);
  const answer = {
    cpuMs: (used.user + used.system) / 1000,
    blockedMaxMs: overResolution(delay.max),
    blockedP99Ms: overResolution(delay.percentile(99)),
    ...{ computedMaxMs, collectedMaxMs },
  };
  delay.reset();
  cpu = process.cpuUsage();
  computedMaxMs = collectedMaxMs = 0;
  return answer;
}

function watchTurns(): void {
  let last = threadCpuMs();
  const turn = (): void => {
    const now = threadCpuMs();
    computedMaxMs = Math.max(computedMaxMs, now - last);
    last = now;
  };
  setInterval(turn, RESOLUTION_MS).unref();
}

function watchCollector(): void {
  const seen = new PerformanceObserver((entries) => {
    for (const { duration } of entries.getEntries()) collectedMaxMs = Math.max(collectedMaxMs, duration);
  });
  seen.observe({ entryTypes: ['gc'] });
}

function answerParent(answer: (question: Question) => Promise<unknown>): void {
  process.on('message', (question: Question) => void answer(question).then((found) => process.send?.(found)));
  process.channel?.unref();
}
