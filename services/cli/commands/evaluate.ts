/** `pde evaluate`: how good a model is, on rows that it was not made from. Each kind of bank has its own way to such rows. */
import type { Progress } from '../progress.ts';
import { evaluateBerka } from './evaluate-berka.ts';
import { evaluateSynthetic } from './evaluate-synthetic.ts';

export interface EvaluateOptions {
  /** Name of the model; absent: the bank's. */
  readonly model?: string;
  /** Absent: the latest. */
  readonly modelVersion?: string;
  readonly json?: boolean;
  /** Folder of the Berka files. */
  readonly data?: string;
  /** Where the scores of the loans go, as CSV. */
  readonly scores?: string;
  /** Of the synthetic bank. */
  readonly seed: number;
  readonly months: number;
  /** Rows from this month of the bank on, the first being 1. */
  readonly fromMonth: number;
  /** Absent: as many as it takes. */
  readonly customers?: number;
  /** Another world: a parameters file or the name of one that ships; absent: the default. */
  readonly parameters?: string;
  /** Bootstrap samples of customers. */
  readonly samples: number;
}

export interface EvaluateContext {
  readonly root: string;
  /** Folder of everything that is made, and can be made again. */
  readonly stateRoot: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** By bank: what is printed out. */
export const EVALUATIONS: Readonly<
  Record<string, (options: EvaluateOptions, context: EvaluateContext) => Promise<string>>
> = {
  synthetic: evaluateSynthetic,
  berka: evaluateBerka,
};
