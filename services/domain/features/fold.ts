/**
 * Everything that the vector needs of the rows older than a window's records, as of the last date before `boundaryDay`: the
 * saved state of the forward pass (history.ts). It does not depend on when or in how many steps it was made.
 */
export interface Fold {
  /** Rows with a date before it are folded, those from it on are records. */
  readonly boundaryDay: number;
  /** How many rows are folded. */
  readonly rows: number;
  /** No answer before this instant: a folded row is left out for a reversal that occurred then. */
  readonly validFromMs: number;
  /** The forward pass as {@link saveHistory} lays it out. */
  readonly state: Float64Array;
}

/** Nothing is folded: every date is after the boundary. */
export const NO_BOUNDARY = Number.NEGATIVE_INFINITY;

/** The fold of a young window. */
export const NO_FOLD: Fold = {
  boundaryDay: NO_BOUNDARY,
  rows: 0,
  validFromMs: Number.NEGATIVE_INFINITY,
  state: new Float64Array(0),
};
