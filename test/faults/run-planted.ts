/** The matrix on a copy of the engine that has a planted bug: the case that has to catch it is expected to fail. */
import { join } from 'node:path';
import { CASES } from './cases.ts';
import type { Baseline } from './judge.ts';
import { type PlantedBug, plantedCopy } from './planted-bugs.ts';
import { type CaseResult, type MatrixOptions, runCase } from './run-case.ts';

/** @param base what a run without faults, and without the bug, stores */
export async function runPlanted(o: MatrixOptions, bug: PlantedBug, seed: number, base: Baseline): Promise<CaseResult> {
  const each = CASES.find(({ name }) => name === bug.caughtBy);
  if (each === undefined) throw new Error(`there is no case ${bug.caughtBy}`);
  const copy = await plantedCopy(bug);
  try {
    return await runCase({ ...o, root: copy.root }, each, seed, base, join(copy.root, 'logs'));
  } finally {
    await copy.remove();
  }
}
