import { expect, test } from 'vitest';
import { FEW_ROWS, mapInSlices, ownTurn } from './slices.ts';

/** Numbers the turns of the event loop until it is stopped. */
function countTurns(): { now(): number; stop(): void } {
  let turns = 0;
  let counting = true;
  const turn = (): void => {
    turns++;
    if (counting) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    now: () => turns,
    stop() {
      counting = false;
    },
  };
}

const items = (count: number) => Array.from({ length: count }, (_, i) => i);

test('results are in order, and other work has its turn between slices', async () => {
  const turns = countTurns();
  const results = await mapInSlices(items(1_000), (item, index) => item + index, 100);
  turns.stop();
  expect(results).toEqual(items(1_000).map((i) => 2 * i));
  expect(turns.now()).toBeGreaterThanOrEqual(9);
});

test('no turn of the event loop has the slices of two calls', async () => {
  const turns = countTurns();
  const turnsOf = async (count: number): Promise<number[]> => [
    ...new Set(await mapInSlices(items(count), turns.now, 100)),
  ];
  const all = (await Promise.all([turnsOf(500), turnsOf(300), turnsOf(100)])).flat();
  turns.stop();
  expect(all).toHaveLength(9);
  expect(new Set(all).size).toBe(9);
});

test('who waits for a turn gets it in the order of asking', async () => {
  const order: number[] = [];
  await Promise.all(
    items(5).map(async (i) => {
      await ownTurn();
      order.push(i);
      await ownTurn();
      order.push(10 + i);
    }),
  );
  expect(order).toEqual([0, 1, 2, 3, 4, 10, 11, 12, 13, 14]);
});

test('a few items are worked on at once', async () => {
  const done: number[] = [];
  const mapping = mapInSlices(items(FEW_ROWS), (item) => done.push(item));
  expect(done).toHaveLength(FEW_ROWS);
  await mapping;
});

test('what the work throws, the whole throws, and later slices are not kept waiting', async () => {
  const failing = mapInSlices(
    items(200),
    (item) => {
      if (item === 120) throw new Error('row 120');
    },
    100,
  );
  await expect(failing).rejects.toThrow('row 120');
  expect(await mapInSlices(items(200), (item) => item, 100)).toEqual(items(200));
});
