import { getOption, hasOption } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { FeaturesSchema } from '../../gen/pde/features/v1/feature_pb.ts';
import { feature as featureOption } from '../../gen/pde/options/v1/options_pb.ts';
import { CATALOGUE } from '../../services/domain/features/catalogue.ts';

// The catalogue in the domain is the one definition; the contract's message is what outsiders read. They say the same.

test('the contract lists the features of the catalogue, in its order', () => {
  expect(FeaturesSchema.fields.map((field) => field.name)).toEqual(CATALOGUE.map((feature) => feature.name));
  expect(FeaturesSchema.fields.map((field) => field.number)).toEqual(CATALOGUE.map((_, index) => index + 1));
});

test.each(CATALOGUE.map((feature, index) => [feature.name, feature, index] as const))(
  '%s has the same group, unit, range, window and direction in the contract',
  (_name, feature, index) => {
    const field = FeaturesSchema.fields[index]!;
    expect(hasOption(field, featureOption)).toBe(true);
    const { group, unit, min, max, windowDays, riskDirection } = getOption(field, featureOption);
    expect({ group, unit, min: min ?? null, max: max ?? null, windowDays, riskDirection }).toEqual({
      group: feature.group,
      unit: feature.unit,
      min: feature.min,
      max: feature.max,
      windowDays: feature.windowDays,
      riskDirection: feature.riskDirection,
    });
  },
);
