import type { Strategy } from './policy.ts';

/**
 * What the customer is told: the strategy's text with one sentence on the foremost reason that may be told to a customer. No
 * number, score, level or probability ever enters it.
 * @param sentenceOf one whole sentence a feature, in customer-safe words; null: nothing may be said.
 */
export function messageFor(
  strategy: Pick<Strategy, 'message'>,
  topFeatures: readonly string[],
  sentenceOf: (feature: string) => string | null,
): string {
  const sentence = topFeatures.map(sentenceOf).find((candidate) => candidate !== null && candidate.length > 0);
  return strategy.message.replace('{reason}', () => (sentence === undefined ? '' : `${sentence} `));
}
