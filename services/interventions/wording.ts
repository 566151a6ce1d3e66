/** What a customer may be told of a feature, from the catalogue. */
import { CATALOGUE } from '../domain/features/catalogue.ts';

const byName = new Map(CATALOGUE.map((feature) => [feature.name, feature]));

/** What a customer may be told about a known value, words without a full stop; null: the catalogue does not have the feature. */
export function wordsForCustomer(feature: string, value: number): string | null {
  return byName.get(feature)?.customer(value) ?? null;
}
