/** The loans of an evaluation: a table of `simulator loans`, proven by its facts before a value of it is used. */
import { DAY_MS } from '../../domain/calendar/days.ts';
import { LOAN_FEATURE_NAMES, LOAN_FEATURE_SET_VERSION } from '../../domain/features/loan/catalogue.ts';
import type { Column } from '../../platform/table/column.ts';
import { readColumns } from '../../platform/table/read.ts';
import { assertFacts, readFacts } from '../table/facts.ts';
import { asEvaluationError } from './error.ts';

/** Columns of equal length, a loan each. */
export interface Loans {
  readonly accounts: readonly string[];
  /** Days since the epoch. */
  readonly grantDays: Float64Array;
  /** 1: not repaid, or in debt. */
  readonly labels: Float64Array;
  readonly neverOverdrawn: readonly boolean[];
  /** By feature, in the order of the loan catalogue. */
  readonly features: readonly Float32Array[];
  readonly sidecar: LoanSidecar;
  readonly sha256: string;
}

export interface LoanSidecar {
  readonly format: string;
  readonly feature_set_version: string;
  readonly files: Readonly<Record<string, string>>;
  readonly sources: Readonly<Record<string, string>>;
  readonly skipped_lines: number;
  readonly without_history: number;
}

/** @throws EvaluationError where the table is not what its facts say */
export async function readLoans(path: string): Promise<Loans> {
  const [facts, columns] = await asEvaluationError(async () => {
    const facts = await readFacts(path);
    assertFacts(path, facts, 'pde-loans/1', LOAN_FEATURE_SET_VERSION);
    return [facts, await readColumns(path, WANTED)] as const;
  });
  const [accounts, grantMs, labels, never, ...features] = columns;
  return {
    accounts: accounts as readonly string[],
    grantDays: Float64Array.from(grantMs as Float64Array, (ms) => ms / DAY_MS),
    labels: Float64Array.from(labels as Int32Array),
    neverOverdrawn: Array.from(never as Int32Array, (value) => value === 1),
    features: features as Float32Array[],
    sidecar: facts.document as unknown as LoanSidecar,
    sha256: facts.sha256,
  };
}

const WANTED: readonly Column[] = [
  { name: 'account_id', type: 'string' },
  { name: 't_ms', type: 'int64' },
  { name: 'label', type: 'int32' },
  { name: 'never_overdrawn', type: 'int32' },
  ...LOAN_FEATURE_NAMES.map((name): Column => ({ name, type: 'float32' })),
];
