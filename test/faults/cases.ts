/**
 * The fault matrix as data: each case once, in one list, for `npm run faults` and for the tests of `npm test` alike. A new case is a
 * new line in one of the two files. Where a case leaves a range, the seed chooses (plan.ts), so case and seed together are one exact
 * experiment.
 */
import type { FaultCase } from './fault.ts';
import { PROCESS_CASES } from './process-cases.ts';
import { SURROUNDINGS_CASES } from './surroundings-cases.ts';

export const CASES: readonly FaultCase[] = [...PROCESS_CASES, ...SURROUNDINGS_CASES];
