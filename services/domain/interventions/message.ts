import type { Strategy } from './policy.ts';

/** A feature that raises a risk. */
export interface ToldFeature {
  /** Name in the catalogue. */
  readonly name: string;
  /** In the catalogue's unit; null: not knowing it is the reason, which is nothing to tell a customer. */
  readonly value: number | null;
}

/**
 * What the customer is told: the strategy's text with one sentence on the foremost reason that may be told to a customer. No
 * score, level or probability ever enters it.
 *
 * @param sentenceOf one whole sentence for a known value of a feature, in customer-safe words; null: nothing may be said.
 */
export function messageFor(
  strategy: Pick<Strategy, 'message'>,
  topFeatures: readonly ToldFeature[],
  sentenceOf: (feature: string, value: number) => string | null,
): string {
  for (const { name, value } of topFeatures) {
    const sentence = value === null ? null : sentenceOf(name, value);
    if (sentence !== null) return filled(strategy.message, `${sentence} `);
  }
  return filled(strategy.message, '');
}

function filled(message: string, reason: string): string {
  return message.replace('{reason}', () => reason);
}
