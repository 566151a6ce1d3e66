/**
 * Named instants at which a test can have the process killed as `kill -9` would: the windows that a random kill seldom hits.
 * Off unless armed; runService arms it from PDE_CRASH_POINT.
 */
const armed: { name: string | null; remaining: number } = { name: null, remaining: 0 };

/** @param spec "name" (the first passing) or "name@n" (the n-th); null disarms. */
export function armCrashPoint(spec: string | null): void {
  const [name, count] = spec?.split('@') ?? [];
  armed.name = name ?? null;
  armed.remaining = count === undefined ? 1 : Number(count);
}

/** Does nothing, unless this point is armed and its turn has come: then nothing after it runs. */
export function crashPoint(name: string): void {
  if (armed.name !== name) return;
  armed.remaining -= 1;
  if (armed.remaining > 0) return;
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way; no further statement of ours may run.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
