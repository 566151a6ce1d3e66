/** What may be said of a feature, from the catalogue: to a customer, and to an officer. */
import { CATALOGUE } from '../domain/features/catalogue.ts';

const byName = new Map(CATALOGUE.map((feature) => [feature.name, feature]));

/** What a customer may be told about a known value, words without a full stop; null: the catalogue does not have the feature. */
export function wordsForCustomer(feature: string, value: number): string | null {
  return byName.get(feature)?.customer(value) ?? null;
}

/** What an officer is told; value null: it is unknown. */
export function wordsForOfficer(feature: string, value: number | null): string {
  if (value === null) return `${feature} is not known`;
  return byName.get(feature)?.officer(value) ?? `${feature} is ${value}`;
}
