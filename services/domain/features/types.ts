import type { Eligibility } from '../obligations/eligibility.ts';

export type FeatureGroup =
  | 'salary'
  | 'savings'
  | 'spending'
  | 'payments'
  | 'cash'
  | 'patterns'
  | 'derived'
  | 'liquidity'
  | 'commitments';

/** The model's monotone constraint. 1: more is riskier; -1: less is riskier; 0: neither, and why not either. */
export type Direction =
  | { readonly riskDirection: -1 | 1; readonly noDirection?: never }
  | { readonly riskDirection: 0; readonly noDirection: string };

/** One feature of the catalogue: what it is called, what it means and what may be said of it. */
export type FeatureDefinition = FeatureMeaning & Direction;

interface FeatureMeaning {
  readonly name: string;
  readonly group: FeatureGroup;
  readonly unit: string;
  /** Smallest and largest value in the unit, inclusive; null: unbounded. */
  readonly min: number | null;
  readonly max: number | null;
  /** Days of history that it looks at; 0: all of it. */
  readonly windowDays: number;
  /** When its value is NaN, beside a customer without any history. */
  readonly unknownWhen: string;
  /** Weight in stress_composite; 0 outside the 27 features before the derived ones. */
  readonly weight: number;
  /** Clearly stressed from here up; null: no level of it is. */
  readonly alarm: number | null;
  /** Why this weight and this alarm value, in one line. */
  readonly reason: string;
  /** What an officer of the bank may be shown of a value that is not NaN. */
  readonly officer: (value: number) => string;
  /** What the customer may be shown: no blame, no protected attribute, no figure that frightens. */
  readonly customer: (value: number) => string;
}

/** How a feature can be moved for the better; see catalogue/levers.ts. Amounts in the feature's unit. */
export interface Lever {
  /** What it is about. Levers of one fact measure the same thing, and a counterfactual moves one of them at most. */
  readonly fact: 'overdue' | 'dues' | 'failures' | 'cash' | 'balance' | 'overdraft' | 'spending';
  /** 1: more is better; -1: less is. Against the direction of risk. */
  readonly towards: -1 | 1;
  /** Smallest change that is worth naming. */
  readonly step: number;
  /** Largest change that is plausible within a month or so. */
  readonly reach: number;
  /** Never past this value; null: no such end. */
  readonly bound: number | null;
  /** What the customer may be told, words without a full stop. */
  readonly customer: string;
}

/** A definition with what the catalogue's other tables say of it. */
export type CatalogueFeature = FeatureDefinition & {
  /** Reason code, for good; see catalogue/codes.ts. */
  readonly code: string;
  /** Null: not a thing that a customer can change, or without a direction of risk, so that no change of it is for the better. */
  readonly lever: Lever | null;
};

/** A vector at an observation (t, n, v). */
export interface Observation {
  /** In the order of the catalogue, each a float32 value; NaN: unknown. */
  readonly values: Float64Array;
  readonly eligibility: Eligibility;
  /** n: ledger rows known, from 1. */
  readonly ledgerPosition: number;
  /** v; 0: no profile known. */
  readonly profileVersion: number;
  /** How many values are not NaN. */
  readonly featuresKnown: number;
}
