/**
 * What a running service owns. Acquiring pushes the release; releases run in reverse, each once, whatever the others do.
 * Checks say in a sentence what is wrong, or null.
 */
import { createSilentLogger, type Logger } from '../telemetry/logger.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';

/** Null while well; else the problem in a few words, without personal data. */
export type Check = () => string | null;

export interface ServiceScope {
  readonly name: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Aborted when shutdown begins: take in nothing more. */
  readonly signal: AbortSignal;
  /**
   * Makes a resource and remembers its release.
   *
   * @throws the signal's reason once shutdown has begun; what was made meanwhile is released first.
   */
  acquire<T>(what: string, make: () => Promise<T> | T, release: (value: T) => Promise<void> | void): Promise<T>;
  /** Remembers a release for something that was made without waiting. */
  defer(what: string, release: () => Promise<void> | void): void;
  /** Ends the process in good order with exit code 70: for what no retry mends. */
  fatal(cause: unknown): void;
  readiness(name: string, check: Check): void;
  liveness(name: string, check: Check): void;
  /** Adds facts to the ready line, for instance the port that was found. */
  announce(facts: Readonly<Record<string, string | number>>): void;
  /** What keeps the service from being ready now. */
  notReady(): readonly Problem[];
}

export interface Problem {
  readonly check: string;
  readonly problem: string;
}

/** The scope with the handles of whoever runs it. */
export interface OwnedScope {
  readonly scope: ServiceScope;
  readonly facts: Readonly<Record<string, string | number>>;
  notAlive(): readonly Problem[];
  /** Aborts the scope's signal. */
  stop(reason: Error): void;
  /** Releases everything in reverse; true if all went well within the time. */
  release(graceMs: number): Promise<boolean>;
}

export interface ScopeOptions {
  readonly name: string;
  readonly log?: Logger;
  readonly metrics?: Metrics;
  /** Called by scope.fatal. Default: rethrows out of band, which ends the process. */
  readonly onFatal?: (cause: unknown) => void;
}

/** A scope; tests make their own, services get theirs from runService. */
export function createScope(options: ScopeOptions): OwnedScope {
  const { name, log = createSilentLogger(), metrics = createMetrics(name) } = options;
  const controller = new AbortController();
  const { signal } = controller;
  const releasers: Releaser[] = [];
  const readiness = new Map<string, Check>();
  const liveness = new Map<string, Check>();
  const facts: Record<string, string | number> = {};

  const scope: ServiceScope = {
    name,
    log,
    metrics,
    signal,
    async acquire(what, make, release) {
      signal.throwIfAborted();
      const value = await make();
      if (signal.aborted) {
        await release(value);
        signal.throwIfAborted();
      }
      releasers.push({ what, run: () => release(value) });
      return value;
    },
    defer: (what, run) => void releasers.push({ what, run }),
    fatal: options.onFatal ?? rethrow,
    readiness: (check, fn) => void readiness.set(check, fn),
    liveness: (check, fn) => void liveness.set(check, fn),
    announce: (more) => void Object.assign(facts, more),
    notReady: () => problemsOf(readiness),
  };
  return {
    scope,
    facts,
    notAlive: () => problemsOf(liveness),
    stop: (reason) => controller.abort(reason),
    release: (graceMs) => releaseAll(releasers, graceMs, log),
  };
}

interface Releaser {
  readonly what: string;
  readonly run: () => Promise<void> | void;
}

async function releaseAll(releasers: Releaser[], graceMs: number, log: Logger): Promise<boolean> {
  let clean = true;
  let current = '';
  const inReverse = async (): Promise<true> => {
    for (let next = releasers.pop(); next !== undefined; next = releasers.pop()) {
      current = next.what;
      try {
        await next.run();
      } catch (cause) {
        clean = false;
        log.error({ event: 'release-failed', what: next.what, cause });
      }
    }
    return true;
  };
  if (await within(graceMs, inReverse())) return clean;
  log.error({ event: 'grace-exceeded', graceMs, what: current, left: releasers.map((releaser) => releaser.what) });
  return false;
}

/** The outcome of the work, or false when the time is up. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | false> {
  const { promise, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), Math.max(0, ms));
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function problemsOf(checks: ReadonlyMap<string, Check>): Problem[] {
  return [...checks].flatMap(([check, run]) => {
    const problem = outcomeOf(run);
    return problem === null ? [] : [{ check, problem }];
  });
}

function outcomeOf(run: Check): string | null {
  try {
    return run();
  } catch (error) {
    return `check failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function rethrow(cause: unknown): never {
  throw cause instanceof Error ? cause : new Error(String(cause));
}
