/** The loans of an evaluation: a table of `simulator loans`, proven by its sidecar before a value of it is used. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { DAY_MS } from '../../domain/calendar/days.ts';
import { LOAN_FEATURE_NAMES, LOAN_FEATURE_SET_VERSION } from '../../domain/features/loan/catalogue.ts';
import { type Column, TableError } from '../../platform/table/column.ts';
import { readColumns } from '../../platform/table/read.ts';
import { EvaluationError } from './error.ts';

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

/** @throws EvaluationError where the table is not what its sidecar says */
export async function readLoans(path: string): Promise<Loans> {
  const sidecarPath = path.replace(/\.parquet$/, '.json');
  const read = (file: string) =>
    readFile(file).catch((cause: unknown) => {
      throw new EvaluationError(`${basename(file)} cannot be read: ${cause instanceof Error ? cause.message : cause}`, {
        cause,
      });
    });
  const sidecar = JSON.parse((await read(sidecarPath)).toString('utf8')) as LoanSidecar;
  const sha256 = createHash('sha256')
    .update(await read(path))
    .digest('hex');
  assertOurs(path, sidecar, sha256);
  const columns = await columnsOf(path);
  const [accounts, grantMs, labels, never, ...features] = columns;
  return {
    accounts: accounts as readonly string[],
    grantDays: Float64Array.from(grantMs as Float64Array, (ms) => ms / DAY_MS),
    labels: Float64Array.from(labels as Int32Array),
    neverOverdrawn: Array.from(never as Int32Array, (value) => value === 1),
    features: features as Float32Array[],
    sidecar,
    sha256,
  };
}

function assertOurs(path: string, sidecar: LoanSidecar, sha256: string): void {
  const refuse = (why: string): never => {
    throw new EvaluationError(`${basename(path)}: ${why}`);
  };
  if (sidecar.format !== 'pde-loans/1') refuse(`its sidecar is ${sidecar.format}, not pde-loans/1`);
  if (sidecar.feature_set_version !== LOAN_FEATURE_SET_VERSION) {
    refuse(`its vectors are of ${sidecar.feature_set_version}, this engine's of ${LOAN_FEATURE_SET_VERSION}`);
  }
  if (sidecar.files[basename(path)] !== sha256) refuse(`has the SHA-256 ${sha256}, which its sidecar does not name`);
}

async function columnsOf(path: string) {
  const wanted: Column[] = [
    { name: 'account_id', type: 'string' },
    { name: 't_ms', type: 'int64' },
    { name: 'label', type: 'int32' },
    { name: 'never_overdrawn', type: 'int32' },
    ...LOAN_FEATURE_NAMES.map((name): Column => ({ name, type: 'float32' })),
  ];
  try {
    return await readColumns(path, wanted);
  } catch (cause) {
    throw cause instanceof TableError ? new EvaluationError(cause.message, { cause }) : cause;
  }
}
