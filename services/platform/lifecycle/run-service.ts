/**
 * The one bootstrap: config, telemetry, health, signals, teardown.
 *
 * starting -> ready -> stopping -> exit. Exit codes: 0 after a signal and a clean release; 64 for an unknown argument; 70 for
 * a fatal error (a wall clock that was set back among them) or a release that failed or outlasted the grace; 78 for bad configuration; 130 for a second signal.
 */
import { ConfigError, describeConfig, type EnvReader, readConfig, renderSettings } from '../config/env.ts';
import { type ProcessSettings, readProcessSettings } from '../config/settings.ts';
import { createLogger, type Logger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { createClockWatch } from './clock-watch.ts';
import { armCrashPoint } from './crash-point.ts';
import { serveOps } from './ops-server.ts';
import { createScope, type OwnedScope, type Problem, type ServiceScope, within } from './scope.ts';

const EXIT = { clean: 0, usage: 64, fatal: 70, config: 78, secondSignal: 130 } as const;

const CLOCK_LOOK_MS = 1_000;

type Phase = 'starting' | 'ready' | 'stopping';
type End = { readonly kind: 'signal'; readonly name: string } | { readonly kind: 'fatal'; readonly cause: unknown };

/**
 * Runs a service until a signal or a fatal error, then exits the process.
 *
 * @param read reads the service's own settings; those of ProcessSettings are read beside them.
 * @param build wires the service, pushing each release on the scope; when it resolves, the service is ready and one line
 *   `{"event":"ready", opsPort, ...announced facts}` is logged.
 */
export async function runService<T>(
  name: string,
  read: (env: EnvReader) => T,
  build: (scope: ServiceScope, config: T) => Promise<void>,
): Promise<never> {
  const readAll = (env: EnvReader) => ({ own: read(env), common: readProcessSettings(env) });
  answerArguments(name, process.argv.slice(2), readAll);
  const { own, common } = readOrExit(name, readAll);
  armCrashPoint(common.crashPoint);

  const log = createLogger(name, common.logLevel);
  const end = Promise.withResolvers<End>();
  exitOnUncaught(log);
  listenToSignals(log, end.resolve);
  const metrics = createMetrics(name, { process: true });
  const onFatal = (cause: unknown): void => end.resolve({ kind: 'fatal', cause });
  watchClock(onFatal);
  const owned = createScope({ name, log, metrics, onFatal });
  return await live(owned, common, end, (scope) => build(scope, own));
}

async function live(
  owned: OwnedScope,
  settings: ProcessSettings,
  end: PromiseWithResolvers<End>,
  build: (scope: ServiceScope) => Promise<void>,
): Promise<never> {
  const { scope } = owned;
  let phase: Phase = 'starting';
  const notReady = (): readonly Problem[] =>
    phase === 'ready' ? scope.notReady() : [{ check: 'phase', problem: phase }, ...scope.notReady()];

  const start = async (): Promise<void> => {
    const { opsHost: host, opsPort: port } = settings;
    const ops = await serveOps({ host, port, metrics: scope.metrics, notAlive: owned.notAlive, notReady });
    await build(scope);
    if (scope.signal.aborted) return;
    phase = 'ready';
    scope.log.info({ event: 'ready', opsPort: ops.port, ...owned.facts });
  };
  const started = start().catch((cause: unknown) => end.resolve({ kind: 'fatal', cause }));

  const why = await end.promise;
  phase = 'stopping';
  const clean = await stop(owned, settings.graceMs, why, started);
  scope.log.info({ event: 'stopped', clean });
  process.exit(clean && why.kind === 'signal' ? EXIT.clean : EXIT.fatal);
}

/** Not ready, no intake, what is in flight within the grace, release in reverse. */
async function stop(owned: OwnedScope, graceMs: number, why: End, started: Promise<void>): Promise<boolean> {
  const { log } = owned.scope;
  const deadlineMs = performance.now() + graceMs;
  if (why.kind === 'signal') log.info({ event: 'stopping', signal: why.name });
  else log.fatal({ event: 'fatal', cause: why.cause });
  owned.stop(new Error('the service is stopping'));
  await within(graceMs, started);
  return await owned.release(deadlineMs - performance.now());
}

/** Ends the process where the wall clock was set back: whoever starts it again has a service without stale times. */
function watchClock(onFatal: (cause: unknown) => void): void {
  const look = createClockWatch();
  const timer = setInterval(() => {
    const why = look(Date.now(), performance.now());
    if (why !== null) onFatal(new Error(why));
  }, CLOCK_LOOK_MS);
  timer.unref();
}

function answerArguments(name: string, args: readonly string[], read: (env: EnvReader) => unknown): void {
  if (args.length === 0) return;
  if (args[0] === '--help' || args[0] === '-h') {
    process.stdout.write(
      `${name}: a service of the Pre-Delinquency Engine.\n\nEnvironment:\n${renderSettings(describeConfig(read))}\n`,
    );
    process.exit(EXIT.clean);
  }
  process.stderr.write(
    `${name}: unknown argument ${JSON.stringify(args[0])}; settings come from the environment, see --help\n`,
  );
  process.exit(EXIT.usage);
}

function readOrExit<T>(name: string, read: (env: EnvReader) => T): T {
  try {
    return readConfig(process.env, read);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${name}: ${error.message}\n`);
    process.exit(EXIT.config);
  }
}

function listenToSignals(log: Logger, onEnd: (end: End) => void): void {
  let seen = 0;
  const onSignal = (name: string): void => {
    seen += 1;
    if (seen > 1) {
      log.warn({ event: 'second-signal', signal: name });
      process.exit(EXIT.secondSignal);
    }
    onEnd({ kind: 'signal', name });
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

/** The state is unknown, so nothing is released: the ledger is the state (I3), and a restart resumes from it. */
function exitOnUncaught(log: Logger): void {
  const onUncaught = (cause: unknown): void => {
    log.fatal({ event: 'uncaught', cause });
    process.exit(EXIT.fatal);
  };
  process.on('uncaughtException', onUncaught);
  process.on('unhandledRejection', onUncaught);
}
