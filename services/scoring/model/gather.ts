/**
 * Micro-batches: what several calls ask to be computed at about the same time goes through the model together, in runs of a bounded
 * size between which the event loop runs. A run costs a fixed part (some 10 us here) and blocks the thread, so neither a run a
 * row nor a run of a thousand rows will do. A row's bits are the same in any run (I6), so what is gathered with what does not matter.
 *
 * Calls wait for nothing but runs before theirs: a run begins in the turn of the event loop after the first call, with whatever came
 * by then, in order of arrival.
 */
import { ownTurn } from '../slices.ts';

/** Margins of `count` rows of a row-major float32 block. */
export type ComputeMargins = (rows: Float32Array, count: number) => Promise<Float32Array>;

interface Asked {
  readonly rows: Float32Array;
  readonly count: number;
  readonly margins: Float32Array;
  /** Rows that are in a run or were. */
  begun: number;
  readonly done: PromiseWithResolvers<Float32Array>;
}

/** A part of what was asked, as it lies in one run. */
interface Part {
  readonly asked: Asked;
  readonly from: number;
  readonly count: number;
}

/**
 * Gathers calls into runs of at most `mostRows` rows of `width` values. A run that fails fails every call with a row in it. Rows must
 * not change until the call is answered.
 */
export function gatherMargins(run: ComputeMargins, width: number, mostRows: number): ComputeMargins {
  let waiting: Asked[] = [];
  let running = false;

  function takeParts(): Part[] {
    const parts: Part[] = [];
    let room = mostRows;
    while (room > 0 && waiting.length > 0) {
      const asked = waiting[0]!;
      const count = Math.min(room, asked.count - asked.begun);
      parts.push({ asked, from: asked.begun, count });
      asked.begun += count;
      room -= count;
      if (asked.begun === asked.count) waiting.shift();
    }
    return parts;
  }

  async function runParts(parts: readonly Part[]): Promise<void> {
    try {
      const { rows, count } = blockOf(parts, width);
      const margins = await run(rows, count);
      let at = 0;
      for (const part of parts) {
        part.asked.margins.set(margins.subarray(at, at + part.count), part.from);
        at += part.count;
        if (part.from + part.count === part.asked.count) part.asked.done.resolve(part.asked.margins);
      }
    } catch (cause) {
      const failed = new Set(parts.map(({ asked }) => asked));
      waiting = waiting.filter((asked) => !failed.has(asked));
      for (const asked of failed) asked.done.reject(cause);
    }
  }

  async function work(): Promise<void> {
    running = true;
    while (waiting.length > 0) {
      await ownTurn();
      await runParts(takeParts());
    }
    running = false;
  }

  return (rows, count) => {
    if (count === 0) return Promise.resolve(new Float32Array(0));
    const done = Promise.withResolvers<Float32Array>();
    waiting.push({ rows, count, margins: new Float32Array(count), begun: 0, done });
    if (!running) void work();
    return done.promise;
  };
}

/** The rows of all parts, one after the other; of a single part as they lie. */
function blockOf(parts: readonly Part[], width: number): { readonly rows: Float32Array; readonly count: number } {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const slices = parts.map(({ asked, from, count: own }) => asked.rows.subarray(from * width, (from + own) * width));
  if (slices.length === 1) return { rows: slices[0]!, count };
  const rows = new Float32Array(count * width);
  let at = 0;
  for (const slice of slices) {
    rows.set(slice, at);
    at += slice.length;
  }
  return { rows, count };
}
