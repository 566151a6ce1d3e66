/**
 * Which model is in force, from the record of what was done: an append-only list whose promotions go on top of one another and
 * whose rollbacks take the topmost off again. So a rollback goes to what was in force before, two of them to what was before that,
 * and never back and forth.
 */

/** One act, in order. */
export interface Promotion {
  /** 1, 2, …; the largest is the latest. */
  readonly number: number;
  /** first: the model that an engine without a record began with. */
  readonly action: 'first' | 'promote' | 'rollback';
  readonly name: string;
  readonly version: string;
}

export interface InForce<T extends Promotion> {
  /** What put the champion in force; null where nothing was promoted yet. */
  readonly champion: T | null;
  /** What a rollback would return to; null where there is nothing below. */
  readonly previous: T | null;
}

/** Follows the record. `promotions` are in order of their numbers. */
export function inForce<T extends Promotion>(promotions: readonly T[]): InForce<T> {
  const stack: T[] = [];
  for (const promotion of promotions) {
    if (promotion.action === 'rollback') stack.pop();
    else stack.push(promotion);
  }
  return { champion: stack.at(-1) ?? null, previous: stack.at(-2) ?? null };
}
