/** The two pipelines of bench:latency, warmed up and measured a stretch at a time. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Distribution, latencyOf, readDistribution, since } from '../../services/cli/latency.ts';
import { BARE_DDL, bareKafka, barePool } from './bare-consumer.ts';
import { type Asked, BARE_PARTITIONS, BARE_TABLES, BARE_TOPICS } from './latency-bare.ts';
import { type Rig, ROOT } from './rig.ts';

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Streamed before the clock starts: the simulator is a new process each time, and has to become warm. */
export const LEAD_IN_S = 4;

/** At this rate for so long, after the lead-in. @returns what was observed, once all of it is decided */
export async function measureEngine(rig: Rig, rate: number, seconds: number): Promise<Distribution> {
  const { opsUrl } = rig.engine.addresses.interventions;
  const begun = await readDistribution(opsUrl);
  const total = Math.round(rate * (LEAD_IN_S + seconds));
  const streaming = rig.stream(['--total', `${total}`, '--rate', `${rate}`, '--measure']);
  const [before] = await Promise.all([afterLeadIn(opsUrl, begun), streaming]);
  await rig.decided();
  return since(before, await readDistribution(opsUrl));
}

/** What was observed when the lead-in, which begins with the first observation, is over. */
async function afterLeadIn(opsUrl: string, begun: Distribution): Promise<Distribution> {
  while (latencyOf(since(begun, await readDistribution(opsUrl))) === null) await delay(50);
  await delay(LEAD_IN_S * 1_000);
  return await readDistribution(opsUrl);
}

/** Stretches of one measurement as one. */
export function summed(parts: readonly Distribution[]): Distribution {
  const longest = parts.reduce((a, b) => (b.length > a.length ? b : a), []);
  return longest.map(({ upToMs }, i) => ({
    upToMs,
    count: parts.reduce((sum, part) => sum + (part[i]?.count ?? 0), 0),
  }));
}

/** @throws Error where nothing was decided: the stretch was too short for its rate */
export function percentilesOf(distribution: Distribution): Percentiles & { readonly decisions: number } {
  const latency = latencyOf(distribution);
  if (latency === null) throw new Error('no decision was measured');
  const { count: decisions, ...percentiles } = latency;
  return { ...mapped(percentiles), decisions };
}

export function percentilesOfAll(latenciesMs: readonly number[]): Percentiles {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!;
  return mapped({ p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) });
}

function mapped<T extends Percentiles>({ p50, p95, p99, max }: T): Percentiles {
  return { p50: rounded(p50), p95: rounded(p95), p99: rounded(p99), max: rounded(max) };
}

export function rounded(value: number, digits = 2): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

export interface BarePipeline {
  /** @returns the latency of each record */
  measure(rate: number, seconds: number): Promise<readonly number[]>;
  stop(): Promise<void>;
}

export async function startBarePipeline(rig: Rig): Promise<BarePipeline> {
  await makeTablesAndTopics(rig);
  const parts = await Promise.all(['feed', 'first', 'second'].map((name) => startPart(rig, name)));
  const [feed, , second] = parts as [ChildProcess, ChildProcess, ChildProcess];
  return {
    async measure(rate, seconds) {
      const count = Math.round(rate * seconds);
      const asked: Asked = { rate, count };
      await told(feed, asked);
      const latenciesMs: number[] = [];
      while (latenciesMs.length < count) {
        await delay(100);
        latenciesMs.push(...(await told<number[]>(second, 'report')));
      }
      return latenciesMs;
    },
    async stop() {
      await Promise.all(parts.map((part) => stopped(part)));
    },
  };
}

async function makeTablesAndTopics({ stack }: Rig): Promise<void> {
  const pool = barePool(stack);
  await pool.query(BARE_DDL);
  await pool.query(BARE_TABLES);
  await pool.end();
  const admin = bareKafka(stack).admin();
  await admin.connect();
  const topics = Object.values(BARE_TOPICS).map((topic) => ({ topic, numPartitions: BARE_PARTITIONS }));
  await admin.createTopics({ topics, waitForLeaders: true });
  await admin.disconnect();
}

async function startPart(rig: Rig, name: string): Promise<ChildProcess> {
  const child = fork(join(ROOT, 'test', 'bench', 'latency-bare.ts'), [name], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: ['--disable-warning=TimeoutNegativeWarning'],
    env: { PATH: process.env.PATH ?? '', PDE_BENCH_STACK: JSON.stringify(rig.stack.facts) },
  });
  await answered(child);
  return child;
}

async function told<T>(child: ChildProcess, message: Asked | 'report'): Promise<T> {
  const answer = answered<T>(child);
  child.send(message);
  return await answer;
}

async function answered<T>(child: ChildProcess): Promise<T> {
  const over = new AbortController();
  const died = once(child, 'exit', { signal: over.signal }).then((): never => {
    throw new Error('a process of the bare pipeline has ended');
  });
  died.catch(() => undefined);
  try {
    const [answer] = await Promise.race([once(child, 'message', { signal: over.signal }), died]);
    return answer as T;
  } finally {
    over.abort();
  }
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
}
