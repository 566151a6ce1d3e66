import { expect, test } from 'vitest';
import { mapInSlices } from './slices.ts';

test('results are in order, and other work has its turn between slices', async () => {
  let turns = 0;
  let counting = true;
  const turn = (): void => {
    turns++;
    if (counting) setImmediate(turn);
  };
  setImmediate(turn);
  const results = await mapInSlices(
    Array.from({ length: 1_000 }, (_, i) => i),
    (item, index) => item + index,
    100,
  );
  counting = false;
  expect(results).toEqual(Array.from({ length: 1_000 }, (_, i) => 2 * i));
  expect(turns).toBeGreaterThanOrEqual(9);
});

test('what the work throws, the whole throws', async () => {
  const failing = mapInSlices([1, 2], (item) => {
    if (item === 2) throw new Error('row 2');
  });
  await expect(failing).rejects.toThrow('row 2');
});
