/**
 * Named instants at which a test can have the process killed as `kill -9` would, or stopped as SIGSTOP would: the windows that a
 * random signal seldom hits. Off unless armed; runService arms it from PDE_CRASH_POINT.
 */
const armed = { name: null as string | null, remaining: 0, stops: false };

/** Far longer than a signal to oneself takes; a stopped process has not waited it out until it is continued. */
const SIGNAL_TAKES_MS = 100;

/** @param spec "name" (the first passing), "name@n" (the n-th), "name@n:stop" (stopped there, and on once continued); null disarms. */
export function armCrashPoint(spec: string | null): void {
  const [name, count] = spec?.replace(/:stop$/, '').split('@') ?? [];
  armed.name = name ?? null;
  armed.remaining = count === undefined ? 1 : Number(count);
  armed.stops = spec?.endsWith(':stop') ?? false;
}

/** Does nothing, unless this point is armed and its turn has come: then nothing after it runs, or not before SIGCONT. */
export function crashPoint(name: string): void {
  if (armed.name !== name) return;
  armed.remaining -= 1;
  if (armed.remaining > 0) return;
  armed.name = null;
  process.kill(process.pid, armed.stops ? 'SIGSTOP' : 'SIGKILL');
  // The signal is on its way; no further statement of ours may run.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, armed.stops ? SIGNAL_TAKES_MS : undefined);
}
