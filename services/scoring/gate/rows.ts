/** The rows that a model is judged by, from a table and what lies beside it (services/simulator/README.md, "The data set"). */
import { access } from 'node:fs/promises';
import type { Attribute, Rows } from '../../domain/gates/evidence.ts';
import type { Column } from '../../platform/table/column.ts';
import { openTable, readColumns } from '../../platform/table/read.ts';
import { beside, readFacts } from '../table/facts.ts';
import { readMoments } from '../table/moments.ts';

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
 * Reads a table's evaluation moments.
 *
 * @param catalogue names of the features, in order
 * @throws TableError for a table that cannot be read, has no moment, or has no facts beside it
 */
export async function readGateRows(
  path: string,
  featureSetVersion: string,
  catalogue: readonly string[],
): Promise<GateRows> {
  const facts = await readFacts(path);
  const features = facts.featureSetVersion === featureSetVersion ? catalogue : [];
  const { count, customers, labels, oracle, features: values } = await readMoments([path], features);
  return {
    ...{ sha256: facts.sha256, featureSetVersion: facts.featureSetVersion, horizonDays: facts.horizonDays },
    ...{ labels, customers, oracle, count },
    attributes: await attributesBeside(path, customers),
    leakCheckPassed: facts.isVouchedFor ? facts.leakCheckPassed : null,
    customerCount: new Set(customers).size,
    positives: labels.reduce((sum, label) => sum + label, 0),
    columns: features.map((name) => values.get(name)!),
  };
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
