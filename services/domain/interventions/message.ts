import type { Strategy } from './policy.ts';

/** A feature that raises a risk. */
export interface ToldFeature {
  /** Name in the catalogue. */
  readonly name: string;
  /** In the catalogue's unit; null: not knowing it is the reason, which is nothing to tell a customer. */
  readonly value: number | null;
}

/**
 * What the customer is told: the strategy's text with the foremost reason that may be told to a customer. No score, level or
 * probability ever enters it.
 *
 * @param wordsFor customer-safe words for a known value of a feature, a phrase or sentence without a full stop; null: nothing
 *   may be said.
 */
export function messageFor(
  strategy: Pick<Strategy, 'message'>,
  topFeatures: readonly ToldFeature[],
  wordsFor: (feature: string, value: number) => string | null,
): string {
  for (const { name, value } of topFeatures) {
    const words = value === null ? null : wordsFor(name, value);
    if (words !== null) return filled(strategy.message, `What we noticed: ${lowerFirst(words)}. `);
  }
  return filled(strategy.message, '');
}

function lowerFirst(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1);
}

function filled(message: string, reason: string): string {
  return message.replace('{reason}', () => reason);
}
