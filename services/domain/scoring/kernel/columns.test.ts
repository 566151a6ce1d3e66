import { expect, test } from 'vitest';
import { assignColumns } from './columns.ts';
import { collectDecisions } from './decisions.ts';
import { cutForest } from './groups.ts';
import { randomForest } from './random-forest.fixture.ts';

test('the columns of a group hold each of its inputs once, and no other', () => {
  const { forest } = randomForest({ seed: 6, trees: 40, depth: 6, inputs: 45, rows: 1 });
  const groups = cutForest(forest, collectDecisions(forest), 8)!;
  const { columns, ofGroup } = assignColumns(groups);
  for (const [g, { inputs }] of groups.entries()) {
    const held = ofGroup[g]!.flatMap((column) => columns[column]!).filter((input) => input >= 0);
    expect(held.sort((a, b) => a - b)).toEqual([...inputs].sort((a, b) => a - b));
  }
  expect(new Set(columns.map(String)).size).toBe(columns.length);
});

test('every leaf is in one group, and a group has at most eight decisions', () => {
  const { forest } = randomForest({ seed: 7, trees: 30, depth: 7, inputs: 20, rows: 1 });
  const groups = cutForest(forest, collectDecisions(forest), 8)!;
  const single = [...forest.roots].filter((root) => forest.feature[root]! < 0).length;
  const leaves = forest.feature.filter((input) => input < 0).length;
  expect(groups.reduce((sum, group) => sum + group.leaves.length, single)).toBe(leaves);
  expect(Math.max(...groups.map(({ decisions }) => decisions.length))).toBeLessThanOrEqual(8);
});
