import { describe, expect, it } from 'vitest';
import { createClockWatch } from './clock-watch.ts';

const HOUR_MS = 3_600_000;

/** What the watch says at each look, given wall and monotonic clock. */
function looks(clocks: readonly (readonly [wallMs: number, monotonicMs: number])[]) {
  const watch = createClockWatch();
  return clocks.map(([wallMs, monotonicMs]) => watch(wallMs, monotonicMs));
}

describe('the watch on the wall clock', () => {
  it('says nothing while both clocks go on together, however long a look is late', () => {
    expect(
      looks([
        [HOUR_MS, 0],
        [HOUR_MS + 1_000, 1_000],
        [HOUR_MS + 901_000, 901_000],
      ]),
    ).toEqual([null, null, null]);
  });

  it('says so where the wall clock was set back, once', () => {
    const back = looks([
      [2 * HOUR_MS, 0],
      [HOUR_MS + 1_000, 1_000],
      [HOUR_MS + 2_000, 2_000],
    ]);
    expect(back).toEqual([null, 'the wall clock was set back by 3600000 ms', null]);
  });

  it('says nothing of a clock set forward, and of one set back by what no broker minds', () => {
    expect(
      looks([
        [HOUR_MS, 0],
        [3 * HOUR_MS, 1_000],
        [3 * HOUR_MS + 1_000 - 4_000, 2_000],
      ]),
    ).toEqual([null, null, null]);
  });
});
