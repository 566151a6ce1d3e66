/** A thread of threads.ts: it is told the number of a block and answers with the block. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Block } from './block.ts';
import { LeakError } from './leak-check.ts';
import { type SyntheticJob, syntheticBlock } from './synthetic.ts';

/** An error loses its class on the way between threads, so the one that is expected goes as a value. */
export type ThreadAnswer =
  | { readonly kind: 'block'; readonly block: Block }
  | { readonly kind: 'leak'; readonly message: string };

parentPort?.on('message', (n: number) => parentPort?.postMessage(answerOf(n)));

function answerOf(n: number): ThreadAnswer {
  try {
    return { kind: 'block', block: syntheticBlock(workerData as SyntheticJob, n) };
  } catch (cause) {
    if (!(cause instanceof LeakError)) throw cause;
    return { kind: 'leak', message: cause.message };
  }
}
