/** The rows that a model is judged by, from a table and what lies beside it (services/simulator/README.md, "The data set"). */
import { access, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Attribute, Rows } from '../../domain/gates/evidence.ts';
import type { Column } from '../../platform/table/column.ts';
import { hashOfTable } from '../../platform/table/hash.ts';
import { openTable, readColumns } from '../../platform/table/read.ts';

/** A table that no model can be judged by; the message says why. */
export class GateInputError extends Error {
  override readonly name = 'GateInputError';
}

export interface GateRows extends Omit<Rows, 'features'> {
  readonly count: number;
  readonly customerCount: number;
  readonly positives: number;
  /** Values of the catalogue's features, in its order; empty where the table is of another feature set. */
  readonly columns: readonly Float32Array[];
}

/**
 * Attributes that fairness is judged by. Pay cycles are none: how someone is paid is seen by the model through what it pays for, and
 * cycles have base rates of their own.
 */
const JUDGED_ATTRIBUTES = ['group'];

/**
 * Reads a table's evaluation moments: rows that were moved back in time are for training.
 *
 * @param catalogue names of the features, in order
 * @throws GateInputError, and TableError for a file that is no table
 */
export async function readGateRows(
  path: string,
  featureSetVersion: string,
  catalogue: readonly string[],
): Promise<GateRows> {
  await access(path).catch((cause: unknown) => {
    throw new GateInputError(`${path} cannot be read`, { cause });
  });
  const [sha256, facts, present] = await Promise.all([hashOfTable(path), factsBeside(path), columnsOf(path)]);
  const own = facts.featureSetVersion === featureSetVersion;
  const features = own ? catalogue.map((name) => ({ name, type: 'float32' }) as const) : [];
  const lags = present.has('lag_days') ? await readColumns(path, [{ name: 'lag_days', type: 'int32' }]) : null;
  const [customers, labels] = await readColumns(path, [
    { name: 'customer_id', type: 'string' },
    { name: 'label', type: 'int32' },
  ]);
  const [oracle] = present.has('oracle') ? await readColumns(path, [{ name: 'oracle', type: 'float64' }]) : [null];
  const columns = await readColumns(path, features);
  const kept = Array.from(labels, (_, row) => row).filter((row) => (lags?.[0][row] ?? 0) === 0);
  if (kept.length === 0) throw new GateInputError(`${path} has no evaluation moment (a row with lag_days 0)`);
  const keptCustomers = kept.map((row) => customers[row]!);
  const keptLabels = kept.map((row) => labels[row]!);
  return {
    ...{ sha256, featureSetVersion: facts.featureSetVersion, horizonDays: facts.horizonDays },
    ...{ labels: keptLabels, customers: keptCustomers },
    oracle: oracle === null ? null : kept.map((row) => oracle[row]!),
    attributes: await attributesBeside(path, keptCustomers),
    // Facts about another file prove nothing about this one.
    leakCheckPassed: facts.files[basename(path)] === sha256 ? facts.leakCheckPassed : null,
    count: kept.length,
    customerCount: new Set(keptCustomers).size,
    positives: keptLabels.reduce((sum, label) => sum + label, 0),
    columns: columns.map((column) => Float32Array.from(kept, (row) => column[row]!)),
  };
}

interface Facts {
  readonly featureSetVersion: string;
  readonly horizonDays: number | null;
  readonly leakCheckPassed: boolean | null;
  /** SHA-256 by file name. */
  readonly files: Readonly<Record<string, string>>;
}

async function factsBeside(path: string): Promise<Facts> {
  const file = beside(path, '.json');
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new GateInputError(`${file} cannot be read: a table is judged with its facts beside it`, { cause });
  });
  const { feature_set_version: version, leak_check: check, label, files } = parsed(file, text);
  const { passed } = (check ?? {}) as { passed?: unknown };
  const { horizon_days: horizonDays } = (label ?? {}) as { horizon_days?: unknown };
  return {
    featureSetVersion: typeof version === 'string' ? version : '',
    horizonDays: typeof horizonDays === 'number' ? horizonDays : null,
    leakCheckPassed: typeof passed === 'boolean' ? passed : null,
    files: (files ?? {}) as Readonly<Record<string, string>>,
  };
}

function parsed(file: string, text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new GateInputError(`${file} is no JSON`, { cause });
  }
}

/** Each judged attribute of the rows' customers; those that the file lacks, or a file that is not there, give none. */
async function attributesBeside(path: string, customers: readonly string[]): Promise<readonly Attribute[]> {
  const file = beside(path, '.attributes.parquet');
  const there = await access(file).then(
    () => true,
    () => false,
  );
  if (!there) return [];
  const present = await columnsOf(file);
  const wanted = JUDGED_ATTRIBUTES.filter((name) => present.has(name));
  const text = (name: string): Column & { readonly type: 'string' } => ({ name, type: 'string' });
  const [ids, ...values] = await readColumns(file, [text('customer_id'), ...wanted.map(text)]);
  const rowOf = new Map(ids!.map((id, row) => [id, row]));
  return wanted.map((name, i) => ({
    name,
    groups: customers.map((customer) => {
      const group = values[i]![rowOf.get(customer) ?? -1];
      if (group === undefined) throw new GateInputError(`${file} has no row for a customer of the table`);
      return group;
    }),
  }));
}

async function columnsOf(path: string): Promise<ReadonlySet<string>> {
  const table = await openTable(path);
  try {
    return new Set(table.columns.map(({ name }) => name));
  } finally {
    await table.close();
  }
}

function beside(path: string, ending: string): string {
  return path.replace(/\.parquet$/, '') + ending;
}
