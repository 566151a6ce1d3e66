/**
 * Exact path-dependent SHAP by tables: see README.md. Where a forest is too deep or too large for tables, the recursive kernel
 * takes its place, slower and otherwise the same.
 */
import type { Forest } from '../forest.ts';
import type { ShapKernel } from '../shap.ts';
import { createTreeShap, expectedMargin } from '../tree-shap.ts';
import { BLOCK_ROWS, createBlock } from './block.ts';
import { compileForest, type Program, type Unsuitable } from './compile.ts';
import { createOneRow } from './one-row.ts';

/** Bound on the memory of a model's tables. */
export const MAX_TABLE_BYTES = 32 * 1024 * 1024;

/** The largest tables take some 30 us a row. */
const SLICE_ROWS = 128;

/** So few rows are explained one by one: a block of them costs about as much. */
const FEW_ROWS = 6;

export interface FastShap extends ShapKernel {
  /** Null if tables are used, else why the recursive kernel is. */
  readonly fallback: Unsuitable | null;
  /** Memory of the tables. */
  readonly tableBytes: number;
}

/** The fastest kernel that the forest allows, with tables of at most `maxTableBytes`. */
export function createFastShap(forest: Forest, maxTableBytes = MAX_TABLE_BYTES): FastShap {
  return fastShapOf(forest, compileForest(forest, maxTableBytes));
}

/** The same of a forest that was compiled elsewhere: compiling is what takes time, and a program can be sent between threads. */
export function fastShapOf(forest: Forest, program: Program | Unsuitable): FastShap {
  if (typeof program === 'string') return { ...createTreeShap(forest), fallback: program, tableBytes: 0 };
  return {
    baseValue: expectedMargin(forest),
    sliceRows: SLICE_ROWS,
    explain: createExplain(program, forest.features.length),
    fallback: null,
    tableBytes: program.table.byteLength,
  };
}

function createExplain(program: Program, width: number): ShapKernel['explain'] {
  const explainRow = createOneRow(program, width);
  const explainBlock = createBlock(program, width);
  return (rows, count, out) => {
    out.fill(0, 0, count * width);
    for (let from = 0; from < count; from += BLOCK_ROWS) {
      const size = Math.min(BLOCK_ROWS, count - from);
      if (size > FEW_ROWS) explainBlock(rows, from, size, out);
      else for (let row = from; row < from + size; row++) explainRow(rows, row, out);
    }
  };
}
