/**
 * What a model must beat, as training wrote it into the model's folder (`baselines.json`): one feature alone, and a logistic
 * regression. Unknown counts as the training rows' median.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EvaluationError } from './error.ts';
import type { EvaluationRows } from './rows.ts';

export interface OneLine {
  readonly feature: string;
  /** 1: more is riskier; -1: less is. */
  readonly direction: number;
  readonly fill: number;
}

export interface Term {
  readonly feature: string;
  readonly fill: number;
  readonly mean: number;
  readonly scale: number;
  readonly coefficient: number;
  readonly unknown_coefficient: number;
}

export interface Logistic {
  readonly intercept: number;
  /** Standardised values are held within +-limit. */
  readonly limit: number;
  readonly terms: readonly Term[];
}

export interface Baselines {
  readonly one_line: OneLine | null;
  readonly logistic: Logistic | null;
}

/** Null where the folder has none. @throws EvaluationError where it is not of the shape above */
export async function readBaselines(directory: string): Promise<Baselines | null> {
  const text = await readFile(join(directory, 'baselines.json'), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null;
    throw cause;
  });
  if (text === null) return null;
  const { one_line: oneLine, logistic } = JSON.parse(text) as Partial<Baselines>;
  const numbers = [
    ...(oneLine ? [oneLine.direction, oneLine.fill] : []),
    ...(logistic ? [logistic.intercept, logistic.limit] : []),
    ...(logistic?.terms ?? []).flatMap((term) => [
      term.fill,
      term.mean,
      term.scale,
      term.coefficient,
      term.unknown_coefficient,
    ]),
  ];
  if (numbers.some((value) => !Number.isFinite(value))) {
    throw new EvaluationError(`baselines.json of ${directory} holds something that is no number`);
  }
  return { one_line: oneLine ?? null, logistic: logistic ?? null };
}

/** Features that the baselines look at. */
export function featuresOf(baselines: Baselines | null): readonly string[] {
  const { one_line: oneLine = null, logistic = null } = baselines ?? {};
  return [...(oneLine ? [oneLine.feature] : []), ...(logistic?.terms.map(({ feature }) => feature) ?? [])];
}

export function oneLineScores({ feature, direction, fill }: OneLine, rows: EvaluationRows): Float64Array {
  return Float64Array.from(rows.features.get(feature)!, (value) => direction * (Number.isNaN(value) ? fill : value));
}

/** Log-odds. */
export function logisticScores({ intercept, limit, terms }: Logistic, rows: EvaluationRows): Float64Array {
  const scores = new Float64Array(rows.count).fill(intercept);
  for (const { feature, fill, mean, scale, coefficient, unknown_coefficient: ofUnknown } of terms) {
    const values = rows.features.get(feature)!;
    for (let row = 0; row < rows.count; row++) {
      const value = values[row]!;
      const unknown = Number.isNaN(value);
      const standard = ((unknown ? fill : value) - mean) / scale;
      scores[row]! += coefficient * Math.min(Math.max(standard, -limit), limit) + (unknown ? ofUnknown : 0);
    }
  }
  return scores;
}
