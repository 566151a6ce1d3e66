/** Work on many rows in slices between which the event loop runs, so that no batch keeps other calls waiting for long. */
import { setImmediate } from 'node:timers/promises';

/** Rows of a slice where a row takes some 10 us. */
const ROWS = 256;

/** As `items.map(work)`, in order, with a turn of the event loop after every `rows` items. */
export async function mapInSlices<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => R,
  rows = ROWS,
): Promise<R[]> {
  const results: R[] = [];
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % rows === 0) await setImmediate();
    results.push(work(item, index));
  }
  return results;
}
