/** What a candidate is judged by: the model as the engine itself loaded and ran it, and rows that it was not made from. */
import type { Column } from '../evaluation/rows.ts';
import type { Forest } from '../scoring/forest.ts';
import type { SweepResult } from './monotone-sweep.ts';

/** 1: more is riskier; -1: less is riskier; 0: neither. */
export type Direction = -1 | 0 | 1;

/** A model that the engine loaded. */
export interface Candidate {
  readonly kind: 'loaded';
  readonly name: string;
  readonly version: string;
  /** False for a model that is kept to show what is possible (the visible ceiling). */
  readonly promotable: boolean;
  readonly featureSetVersion: string;
  /** Days ahead that its probability speaks of. */
  readonly horizonDays: number;
  /** SHA-256 of the tables it was made from, hexadecimal. */
  readonly trainedOn: readonly string[];
  readonly forest: Forest;
  /** Direction of risk of each input, from the catalogue. */
  readonly directions: readonly Direction[];
  /** p_H of its scoring policy. */
  readonly actionProbability: number;
  /** Largest differences from XGBoost's golden values, by what they are of. */
  readonly goldenErrors: Readonly<Record<string, number>>;
  /** Calibrated probability of each row. */
  readonly probabilities: Column;
  /** Largest |ONNX - trees| of the rows' margins. */
  readonly marginDifference: number;
  /** What ONNX answered to the sweeps. */
  readonly sweep: SweepResult;
}

/** A model that the engine would not load: which check refused it, and why. */
export interface Unusable {
  readonly kind: 'unusable';
  readonly gate: 'artefacts' | 'feature_set' | 'parity';
  readonly why: string;
}

/** The model in force, on the same rows. */
export interface Champion {
  readonly name: string;
  readonly version: string;
  readonly probabilities: Column;
}

/** An attribute that no model sees, kept apart to check that it is treated alike. */
export interface Attribute {
  readonly name: string;
  /** The group of each row. */
  readonly groups: ArrayLike<string>;
}

/** Rows, one evaluation moment each. */
export interface Rows {
  /** SHA-256 of the table, hexadecimal. */
  readonly sha256: string;
  readonly featureSetVersion: string;
  /** Days ahead that the labels look; null where nobody says. */
  readonly horizonDays: number | null;
  readonly labels: Column;
  /** Whose each row is. */
  readonly customers: ArrayLike<string | number>;
  /** P(missed | everything, hidden state included); NaN in rows, and null in tables, where nobody knows it. */
  readonly oracle: Column | null;
  /** The values of the candidate's inputs, one column each by name; NaN is unknown. */
  readonly features: ReadonlyMap<string, Column>;
  readonly attributes: readonly Attribute[];
  /** Whether recomputing the vectors with all later data removed changed none; null where nobody tried. */
  readonly leakCheckPassed: boolean | null;
}

export interface Evidence {
  readonly rows: Rows;
  /** Feature set that the engine computes. */
  readonly engineFeatureSetVersion: string;
  /** Samples and seed of the bootstrap. */
  readonly samples: number;
  readonly seed: number;
}
