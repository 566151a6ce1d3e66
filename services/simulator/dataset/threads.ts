import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Block } from './block.ts';
import { LeakError } from './leak-check.ts';
import { blockCount, type SyntheticJob, syntheticBlock } from './synthetic.ts';
import type { ThreadAnswer } from './thread.ts';

/** The blocks of a job in order, whoever made them. @throws LeakError */
export function blocksOf(job: SyntheticJob, mostThreads: number): AsyncIterable<Block> | Iterable<Block> {
  const threads = Math.min(mostThreads, blockCount(job));
  return threads > 1 ? onThreads(job, threads) : here(job);
}

function* here(job: SyntheticJob): Generator<Block, void, undefined> {
  for (let n = 0; n < blockCount(job); n++) yield syntheticBlock(job, n);
}

/** Blocks made ahead of the one that is waited for, a thread: more would only fill memory. */
const AHEAD = 4;

async function* onThreads(job: SyntheticJob, threads: number): AsyncGenerator<Block, void, undefined> {
  const workers = Array.from({ length: threads }, () => new Worker(THREAD, { workerData: job }));
  const count = blockCount(job);
  const made = new Map<number, Promise<Block>>();
  const idle: Worker[] = [];
  let asked = 0;
  let taken = 0;
  const give = (worker: Worker): void => {
    if (asked === count || asked - taken >= threads * AHEAD) {
      idle.push(worker);
      return;
    }
    const block = blockFrom(worker, asked);
    made.set(asked++, block);
    // A failure is told when the block's turn comes.
    block.then(
      () => give(worker),
      () => undefined,
    );
  };
  try {
    for (const worker of workers) give(worker);
    for (; taken < count; taken++) {
      // Blocks are asked for in order, so the one whose turn it is has been.
      const block = await made.get(taken)!;
      made.delete(taken);
      yield block;
      for (const worker of idle.splice(0)) give(worker);
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

const THREAD = new URL('./thread.ts', import.meta.url);

async function blockFrom(worker: Worker, n: number): Promise<Block> {
  worker.postMessage(n);
  const [answer] = (await once(worker, 'message')) as [ThreadAnswer];
  if (answer.kind === 'block') return answer.block;
  throw new LeakError(answer.message);
}
