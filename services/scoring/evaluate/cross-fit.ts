/**
 * A cross-fitted forest: its trees come in as many groups as there are folds, and group k was fitted without the loans of fold k.
 * A loan that it may have been trained on is scored by its fold's group alone, that is out of fold; any other by all trees.
 *
 * Who was trained on follows from the grant date: every loan granted within the training period counts as trained on, and its
 * fold is a hash of that date. So the folder needs no list of accounts, and a loan of that period that training never saw is
 * judged by fewer trees than it might be, never by trees that know it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatDay, parseDay } from '../../domain/calendar/days.ts';
import { foldOf } from '../../domain/evaluation/folds.ts';
import { type Forest, forestMargin } from '../../domain/scoring/forest.ts';
import { EvaluationError } from './error.ts';

export interface CrossFit {
  /** First and last grant that it was trained on, ISO 8601 dates. */
  readonly period: readonly [first: string, last: string];
  /** Margin of a row by the trees that have not seen its fold; null: granted outside of the training period. */
  outOfFoldMargin(rows: Float32Array, row: number, grantDay: number): number | null;
}

export interface FoldsDocument {
  readonly format: 'pde-folds/1';
  readonly folds: number;
  /** Trees of a group; the groups stand one behind the other in forest.json. */
  readonly treesAFold: number;
  /** ISO 8601 dates. */
  readonly firstGrant: string;
  readonly lastGrant: string;
}

/** Of a model that has been loaded, whose hashes hold. @throws EvaluationError where folds.json does not fit the forest */
export async function readCrossFit(directory: string, forest: Forest): Promise<CrossFit> {
  const text = await readFile(join(directory, 'folds.json'), 'utf8').catch((cause: unknown) => {
    throw new EvaluationError('the model has no folds.json: it is none for loans', { cause });
  });
  return crossFitOf(forest, JSON.parse(text) as FoldsDocument);
}

/** @throws EvaluationError where folds and forest do not fit together */
export function crossFitOf(forest: Forest, document: FoldsDocument): CrossFit {
  const { format, folds, treesAFold } = document;
  if (format !== 'pde-folds/1') throw new EvaluationError(`folds.json is ${format}, not pde-folds/1`);
  if (!(folds > 1) || folds * treesAFold !== forest.roots.length) {
    throw new EvaluationError(
      `folds.json tells of ${folds} x ${treesAFold} trees, the forest has ${forest.roots.length}`,
    );
  }
  const firstGrantDay = dayOfDate(document.firstGrant);
  const lastGrantDay = dayOfDate(document.lastGrant);
  const groups = Array.from({ length: folds }, (_, fold) => ({
    ...forest,
    roots: forest.roots.subarray(fold * treesAFold, (fold + 1) * treesAFold),
  }));
  return {
    period: [document.firstGrant, document.lastGrant],
    outOfFoldMargin(rows, row, grantDay) {
      if (grantDay < firstGrantDay || grantDay > lastGrantDay) return null;
      const group = groups[foldOf(formatDay(grantDay), folds)]!;
      return forest.baseMargin + folds * (forestMargin(group, rows, row) - forest.baseMargin);
    },
  };
}

function dayOfDate(iso: string): number {
  const day = parseDay(iso);
  if (day === null) throw new EvaluationError(`folds.json: ${iso} is no date`);
  return day;
}
