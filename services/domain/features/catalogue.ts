import { cash, derived, patterns } from './catalogue/cash-patterns.ts';
import { REASON_CODES } from './catalogue/codes.ts';
import { commitments } from './catalogue/commitments.ts';
import { LEVERS } from './catalogue/levers.ts';
import { liquidity } from './catalogue/liquidity.ts';
import { payments } from './catalogue/payments.ts';
import { salary, savings } from './catalogue/salary-savings.ts';
import { spending } from './catalogue/spending.ts';
import type { CatalogueFeature, FeatureDefinition } from './types.ts';

/**
 * Version of what the values mean: of the catalogue, of the code that computes it and of the money units. It goes with every
 * vector, and a model refuses vectors of another version.
 */
export const FEATURE_SET_VERSION = '2';

/** All features in the order of a vector and of the fields of pde.features.v1.Features. */
export const CATALOGUE: readonly CatalogueFeature[] = [
  ...salary,
  ...savings,
  ...spending,
  ...payments,
  ...cash,
  ...patterns,
  ...derived,
  ...liquidity,
  ...commitments,
].map(complete);

/** How many features there are. */
export const FEATURE_COUNT = CATALOGUE.length;
/** The features that stress_composite is made of are the first this many. */
export const COMPOSED_COUNT = CATALOGUE.length - derived.length - liquidity.length - commitments.length;

const INDEX_BY_NAME: ReadonlyMap<string, number> = new Map(CATALOGUE.map((feature, index) => [feature.name, index]));

/** Position of a feature in a vector; throws for a name that is not in the catalogue. */
export function featureIndex(name: string): number {
  const index = INDEX_BY_NAME.get(name);
  if (index === undefined) throw new Error(`feature ${name} is not in feature set ${FEATURE_SET_VERSION}`);
  return index;
}

export function featureByName(name: string): CatalogueFeature {
  return CATALOGUE[featureIndex(name)]!;
}

function complete(definition: FeatureDefinition): CatalogueFeature {
  const { name } = definition;
  const code = REASON_CODES[name];
  if (code === undefined) throw new Error(`feature ${name} has no reason code: give it one in catalogue/codes.ts`);
  const lever = definition.riskDirection === 0 ? null : (LEVERS[name] ?? null);
  return { ...definition, code, lever };
}
