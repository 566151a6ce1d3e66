import { expect, test } from 'vitest';
import { levelChanges } from './levels.ts';

test('counts rows that move up and down, by model and by action point alike', () => {
  // At an action point of 10 in 100, levels begin at 4.5, 10 and 20.6 in 100.
  const champion = { probabilities: [0.02, 0.05, 0.12, 0.3], actionProbability: 0.1 };
  expect(levelChanges({ ...champion, probabilities: [0.06, 0.04, 0.15, 0.9] }, champion)).toEqual({
    raised: 1,
    lowered: 1,
  });
  expect(levelChanges({ ...champion, actionProbability: 0.2 }, champion)).toEqual({ raised: 0, lowered: 3 });
  expect(levelChanges(champion, champion)).toEqual({ raised: 0, lowered: 0 });
});
