/** The thread of prepare-aside.ts: prepares the folder that it is told, answers and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { type ModelCheck, ModelRefusedError } from './files.ts';
import { type PreparedModel, prepareModel } from './prepare.ts';

/** An error loses its class on the way between threads, so the one that is expected goes as a value. */
export type PreparedAnswer =
  | { readonly kind: 'prepared'; readonly model: PreparedModel }
  | { readonly kind: 'refused'; readonly check: ModelCheck; readonly why: string };

async function answerOf(directory: string): Promise<PreparedAnswer> {
  try {
    return { kind: 'prepared', model: await prepareModel(directory) };
  } catch (cause) {
    if (!(cause instanceof ModelRefusedError)) throw cause;
    return { kind: 'refused', check: cause.check, why: cause.why };
  }
}

const answer = await answerOf(workerData as string);
const tables =
  answer.kind === 'prepared' && typeof answer.model.program !== 'string' ? answer.model.program.table : null;
// The tables, up to 32 MB, are handed over, not copied.
parentPort?.postMessage(answer, tables === null ? [] : [tables.buffer as ArrayBuffer]);
