/** What a gate found: always a value, the bound that it was held against, and a sentence. */

export type GateName =
  | 'artefacts'
  | 'feature_set'
  | 'promotable'
  | 'evidence'
  | 'parity'
  | 'monotone'
  | 'leak_check'
  | 'implausible_auc'
  | 'single_feature'
  | 'auc_difference'
  | 'log_loss'
  | 'calibration_slope'
  | 'observed_expected'
  | 'fairness_calibration'
  | 'fairness_opportunity';

export interface Finding {
  readonly gate: GateName;
  /** not_asked: the gate compares with something that there is not yet, and the text says what. */
  readonly outcome: 'holds' | 'fails' | 'not_asked';
  /** Null where the gate has no number, or it cannot be computed. */
  readonly value: number | null;
  /** The bound, as people read it. */
  readonly bound: string;
  readonly text: string;
}

/** A finding that holds exactly where `holds` says so; a value that is no number becomes null. */
export function finding(gate: GateName, holds: boolean, value: number | null, bound: string, text: string): Finding {
  const finite = value !== null && Number.isFinite(value) ? value : null;
  return { gate, outcome: holds ? 'holds' : 'fails', value: finite, bound, text };
}

/** A gate that compares with something that there is not. */
export function notAsked(gate: GateName, bound: string, text: string): Finding {
  return { gate, outcome: 'not_asked', value: null, bound, text };
}

/** A number as a report says it: four digits behind the point. */
export function said(value: number): string {
  return Number.isNaN(value) ? 'not known' : value.toFixed(4);
}
