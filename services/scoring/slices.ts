/**
 * Work on many rows in slices, one a turn of the event loop, whoever's it is. If each flow only waited for the next turn, the slices
 * of all calls under way, and of all that is being published, would have the same one.
 */

/** Who waits for a turn, in order of arrival. */
const waiting: (() => void)[] = [];

/** Resolves in a later turn of the event loop, which is nobody else's who waits here. */
export function ownTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(giveTurn);
  });
}

function giveTurn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(giveTurn);
}

/** So few rows are worked on in the turn in which they come: a call that asks for little is answered at once. */
export const FEW_ROWS = 32;
/** Rows of a slice where a row takes some 10 us. */
const ROWS = 128;

/** As `items.map(work)`, in order: few items at once, more in slices of `rows`, each in a turn of its own. */
export async function mapInSlices<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => R,
  rows = ROWS,
): Promise<R[]> {
  const results: R[] = [];
  for (const [index, item] of items.entries()) {
    if (index % rows === 0 && items.length > FEW_ROWS) await ownTurn();
    results.push(work(item, index));
  }
  return results;
}
