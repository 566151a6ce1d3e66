/**
 * What a stack's owner does with Ctrl-C: the first ends everything in order, the second at once.
 *
 *   const interrupt = listenForInterrupt(log);
 *   const stack = await startStack({ …, signal: interrupt.signal });
 *   interrupt.guard(stack);
 */
import { constants } from 'node:os';
import type { Stack } from './stack.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interrupt {
  /** Aborted at the first signal. */
  readonly signal: AbortSignal;
  /** From now on the first signal stops the stack and then ends this process, with 128 + the signal's number. */
  guard(stack: Pick<Stack, 'stop' | 'killAll'>): void;
  /** Stops listening; signals have their usual effect again. */
  release(): void;
}

/** Listens for SIGINT, SIGTERM and SIGHUP from now on. Before guard() a first signal only aborts `signal`. */
export function listenForInterrupt(log: (line: string) => void): Interrupt {
  const controller = new AbortController();
  let guarded: Pick<Stack, 'stop' | 'killAll'> | null = null;
  let received: NodeJS.Signals | null = null;

  async function stopAndExit(stack: Pick<Stack, 'stop'>, signal: NodeJS.Signals): Promise<void> {
    await stack.stop();
    process.exit(codeOf(signal));
  }

  function receive(signal: NodeJS.Signals): void {
    if (received !== null) {
      guarded?.killAll();
      process.exit(codeOf(signal));
    }
    received = signal;
    log(`${signal}: stopping everything in order; once more stops it at once`);
    controller.abort(new Error(signal));
    if (guarded !== null) void stopAndExit(guarded, signal);
  }

  for (const signal of SIGNALS) process.on(signal, receive);
  return {
    signal: controller.signal,
    guard(stack) {
      guarded = stack;
      if (received !== null) void stopAndExit(stack, received);
    },
    release() {
      for (const signal of SIGNALS) process.off(signal, receive);
    },
  };
}

function codeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
