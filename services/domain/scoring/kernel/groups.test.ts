import { expect, test } from 'vitest';
import { parseForest } from '../forest.ts';
import { collectDecisions } from './decisions.ts';
import { cutForest } from './groups.ts';

/** f0 < 1 takes 900 of 1000 to the left, where f1 < 5 takes 450, and 10 of 100 on the right, where f1 < 7 takes 80. */
const forest = parseForest({
  format: 'pde-forest/1',
  features: ['f0', 'f1'],
  baseMargin: 0,
  trees: [
    {
      feature: [0, 1, 1, -1, -1, -1, -1],
      value: [1, 5, 7, 0.1, 0.2, 0.3, 0.4],
      left: [1, 3, 5, -1, -1, -1, -1],
      right: [2, 4, 6, -1, -1, -1, -1],
      defaultLeft: [1, 0, 0, 0, 0, 0, 0],
      cover: [1000, 900, 100, 450, 450, 20, 80],
    },
  ],
});
const [ROOT, FIVE, SEVEN] = [0, 1, 2] as const;

test('an index has the evenest decision as its lowest bit, and the common index every bit as most rows have it', () => {
  const decisions = collectDecisions(forest);
  expect([...decisions.leftShare]).toEqual([0.9, 0.5, 0.2]);
  const [group, ...others] = cutForest(forest, decisions, 8)!;
  expect(others).toEqual([]);
  expect(group!.decisions).toEqual([FIVE, SEVEN, ROOT]);
  expect(group!.commonIndex).toBe(0b100);
});
