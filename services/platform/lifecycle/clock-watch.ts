/**
 * A wall clock that is set back. Libraries measure by it how long ago something was, kafkajs its heartbeats and request time-outs: set
 * back by an hour, a consumer is silent for an hour, the broker gives its partitions away, and it never hears of it. Nothing of ours
 * can mend that from outside, a new process has none of it.
 */

/** How far it may go back between two looks: less than the shortest silence after which a broker forgets a consumer. */
const TOLERATED_MS = 5_000;

/**
 * Made once a process; call the result now and then.
 *
 * @returns why the process has to end, or null: the wall clock has not gone back against the monotonic one since the look before
 */
export function createClockWatch(): (wallMs: number, monotonicMs: number) => string | null {
  let before: number | null = null;
  return (wallMs, monotonicMs) => {
    const offset = wallMs - monotonicMs;
    const backMs = before === null ? 0 : before - offset;
    before = offset;
    return backMs > TOLERATED_MS ? `the wall clock was set back by ${Math.round(backMs)} ms` : null;
  };
}
