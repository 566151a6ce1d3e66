/** Retry with exponential backoff and jitter inside a deadline, and a breaker; cockatiel does the work. */
import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  retry as retrying,
} from 'cockatiel';

export interface RetryPolicy {
  /** First delay, milliseconds; jittered, and growing from try to try. */
  readonly initialDelayMs: number;
  /** Longest delay between two tries, milliseconds. */
  readonly maxDelayMs: number;
  /** Tries at most, the first included. Absent means no limit but the deadline and the signal. */
  readonly maxTries?: number;
  /** Time for all tries together, milliseconds. Absent means no limit. */
  readonly deadlineMs?: number;
  /** True for an error that another try may mend. Decide by a table of codes, never by text. */
  readonly isTransient: (error: unknown) => boolean;
  /** Told before each wait. */
  readonly onRetry?: (error: unknown, tries: number, delayMs: number) => void;
}

/**
 * Calls fn until it succeeds, fails for good, or time is up.
 *
 * @param signal ends the tries and the waits at once.
 * @throws the last error of fn; or the signal's reason, if the signal ended it.
 */
export async function retry<T>(
  policy: RetryPolicy,
  signal: AbortSignal,
  fn: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const deadline = policy.deadlineMs === undefined ? null : AbortSignal.timeout(policy.deadlineMs);
  const both = deadline === null ? signal : AbortSignal.any([signal, deadline]);
  let lastError: unknown;

  const policyOfTries = retrying(
    handleWhen((error) => !both.aborted && policy.isTransient(error)),
    {
      maxAttempts: (policy.maxTries ?? Number.POSITIVE_INFINITY) - 1,
      backoff: new ExponentialBackoff({ initialDelay: policy.initialDelayMs, maxDelay: policy.maxDelayMs }),
    },
  );
  policyOfTries.onRetry(({ attempt, delay }) => policy.onRetry?.(lastError, attempt, delay));
  const tries = policyOfTries.execute(async () => {
    both.throwIfAborted();
    try {
      return await fn(both);
    } catch (error) {
      lastError = error;
      throw error;
    }
  }, both);
  return await untilAborted(tries, both, () => (signal.aborted ? signal.reason : (lastError ?? both.reason)));
}

export interface BreakerPolicy {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long it stays open before one call is let through, milliseconds. */
  readonly halfOpenAfterMs: number;
  /** True for an error that counts as a failure of the other side. */
  readonly isTransient: (error: unknown) => boolean;
  readonly onState?: (state: BreakerState) => void;
}

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface Breaker {
  /** Calls fn, unless open: then throws an error for which isBreakerOpen is true. */
  run<T>(fn: () => Promise<T>): Promise<T>;
  state(): BreakerState;
}

/** Keeps a failing neighbour from being called: one breaker a neighbour. */
export function createBreaker(policy: BreakerPolicy): Breaker {
  const circuit = circuitBreaker(handleWhen(policy.isTransient), {
    halfOpenAfter: policy.halfOpenAfterMs,
    breaker: new ConsecutiveBreaker(policy.failures),
  });
  circuit.onStateChange((state) => policy.onState?.(breakerState(state)));
  return { run: (fn) => circuit.execute(fn), state: () => breakerState(circuit.state) };
}

/** True if the call was not made because the breaker is open. */
export function isBreakerOpen(error: unknown): boolean {
  return error instanceof BrokenCircuitError;
}

function breakerState(state: CircuitState): BreakerState {
  if (state === CircuitState.Closed) return 'closed';
  return state === CircuitState.HalfOpen ? 'half-open' : 'open';
}

/** The work's outcome, or a rejection the moment the signal aborts; the work's own end is then ignored. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal, reason: () => unknown): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(reason());
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal.aborted) onAbort();
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    work.catch(() => undefined);
    aborted.promise.catch(() => undefined);
  }
}
