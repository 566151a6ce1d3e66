/** Prepares a model on a thread of its own: calls go on being answered while the tables of the next model are computed. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ModelRefusedError } from './files.ts';
import type { PreparedModel } from './prepare.ts';
import type { PreparedAnswer } from './prepare-thread.ts';

const THREAD = new URL('./prepare-thread.ts', import.meta.url);

/** As prepareModel. Throws ModelRefusedError. */
export async function prepareAside(directory: string): Promise<PreparedModel> {
  const worker = new Worker(THREAD, { workerData: directory });
  try {
    const [answer] = (await once(worker, 'message')) as [PreparedAnswer];
    if (answer.kind === 'prepared') return answer.model;
    throw new ModelRefusedError(answer.check, answer.why);
  } finally {
    await worker.terminate();
  }
}
