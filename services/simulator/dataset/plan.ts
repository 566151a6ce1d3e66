import type { LabelParameters } from '../../domain/obligations/label.ts';

/** What is made of every customer: nothing of it depends on who it is, or on how many threads make it. */
export interface TablePlan {
  readonly currency: string;
  /** Of the random moments, and of the rows that the leak check takes. */
  readonly seed: number;
  /** The data are complete up to here, exclusive. */
  readonly dataEndMs: number;
  /** Rows have their t in fromMs...toMs, the latter exclusive. */
  readonly fromMs: number;
  readonly toMs: number;
  /** How many days before a moment a row is taken, rising; 0 is the moment itself, more are for training alone. */
  readonly lagsDays: readonly number[];
  readonly label: LabelParameters;
  /** t lies at least so many days before the end of the data. */
  readonly censorDays: number;
  /** Share of the rows that the leak check computes again, 0-1. */
  readonly leakShare: number;
}
