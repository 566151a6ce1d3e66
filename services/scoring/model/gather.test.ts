import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ComputeMargins, gatherMargins } from './gather.ts';

const WIDTH = 3;
const MOST = 8;

/** A model whose margin is a row's sum, and the size of each of its runs. */
function summing(): { run: ComputeMargins; runs: number[] } {
  const runs: number[] = [];
  return {
    runs,
    async run(rows, count) {
      expect(rows).toHaveLength(count * WIDTH);
      runs.push(count);
      await new Promise((resolve) => setImmediate(resolve));
      return Float32Array.from({ length: count }, (_, i) => sumOf(rows.subarray(i * WIDTH, (i + 1) * WIDTH)));
    },
  };
}

function sumOf(row: Float32Array): number {
  return row.reduce((sum, value) => sum + value, 0);
}

/** Counts how often other work has its turn of the event loop. */
function countTurns(): { stop(): number } {
  let turns = 0;
  let counting = true;
  const turn = (): void => {
    turns++;
    if (counting) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    stop() {
      counting = false;
      return turns;
    },
  };
}

function rowsOf(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count * WIDTH }, (_, i) => seed * 1000 + i);
}

function expected(rows: Float32Array): number[] {
  return Array.from({ length: rows.length / WIDTH }, (_, i) => sumOf(rows.subarray(i * WIDTH, (i + 1) * WIDTH)));
}

describe('calls of about the same time', () => {
  test('go through the model in one run', async () => {
    const { run, runs } = summing();
    const margins = gatherMargins(run, WIDTH, MOST);
    const asked = [rowsOf(1, 1), rowsOf(2, 2), rowsOf(1, 3)];
    const answers = await Promise.all(asked.map((rows) => margins(rows, rows.length / WIDTH)));
    expect(answers.map((answer) => [...answer])).toEqual(asked.map(expected));
    expect(runs).toEqual([4]);
  });

  test('that come while a run is under way go into the next, together', async () => {
    const { run, runs } = summing();
    const margins = gatherMargins(run, WIDTH, MOST);
    const first = margins(rowsOf(1, 1), 1);
    await first.then(() => Promise.all([margins(rowsOf(1, 2), 1), margins(rowsOf(1, 3), 1)]));
    expect(runs).toEqual([1, 2]);
  });

  test('are each answered with their own rows, in runs within the bound, however they come', async () => {
    const sizes = fc.array(fc.tuple(fc.nat(30), fc.boolean()), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(sizes, async (calls) => {
        const { run, runs } = summing();
        const margins = gatherMargins(run, WIDTH, MOST);
        const answers: Promise<void>[] = [];
        for (const [seed, [count, pause]] of calls.entries()) {
          const rows = rowsOf(count, seed);
          answers.push(margins(rows, count).then((answer) => expect([...answer]).toEqual(expected(rows))));
          if (pause) await new Promise((resolve) => setImmediate(resolve));
        }
        await Promise.all(answers);
        expect(Math.max(0, ...runs)).toBeLessThanOrEqual(MOST);
        expect(runs.reduce((sum, size) => sum + size, 0)).toBe(calls.reduce((sum, [count]) => sum + count, 0));
      }),
      { numRuns: 60, seed: 81 },
    );
  });
});

test('many rows are taken in runs between which the event loop runs', async () => {
  const { run, runs } = summing();
  const turns = countTurns();
  const rows = rowsOf(50, 1);
  await gatherMargins(run, WIDTH, MOST)(rows, 50);
  expect(runs).toEqual([8, 8, 8, 8, 8, 8, 2]);
  expect(turns.stop()).toBeGreaterThanOrEqual(runs.length);
});

test('a run that fails fails every call with a row in it, and none other', async () => {
  const { run } = summing();
  let calls = 0;
  const failing: ComputeMargins = (rows, count) =>
    ++calls === 1 ? Promise.reject(new Error('no memory')) : run(rows, count);
  const margins = gatherMargins(failing, WIDTH, MOST);
  const outcomes = await Promise.allSettled([
    margins(rowsOf(6, 1), 6),
    margins(rowsOf(6, 2), 6),
    margins(rowsOf(6, 3), 6),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  expect([...(await margins(rowsOf(1, 4), 1))]).toEqual(expected(rowsOf(1, 4)));
});
