import { CATALOGUE } from '../../domain/features/catalogue.ts';
import type { Batch, Column } from '../../platform/table/column.ts';
import type { DatasetRow } from './rows.ts';

/** The shape of the table and of the attributes kept apart from it, and rows on their way into them. */

/** @param oracle with the oracle's chance of the label, of a synthetic bank */
export function tableColumns(oracle: boolean): readonly Column[] {
  return [
    { name: 'customer_id', type: 'string' },
    { name: 't_ms', type: 'int64' },
    { name: 'lag_days', type: 'int32' },
    { name: 'label', type: 'int32' },
    ...(oracle ? [{ name: 'oracle', type: 'float64' } as const] : []),
    ...CATALOGUE.map(({ name }) => ({ name, type: 'float32' }) as const),
  ];
}

/** Never among the features: only tests of fairness read them. */
export const ATTRIBUTE_COLUMNS: readonly Column[] = [
  { name: 'customer_id', type: 'string' },
  { name: 'pay_cycle', type: 'string' },
  { name: 'group', type: 'string' },
];

/** One row of the table. */
export interface TableRow extends DatasetRow {
  readonly customerId: string;
  /** NaN where it was not asked for. */
  readonly oracle: number;
}

/** Rows as columns, as {@link tableColumns} names them. */
export function tableBatch(rows: readonly TableRow[], oracle: boolean): Batch {
  return [
    rows.map((row) => row.customerId),
    Float64Array.from(rows, (row) => row.tMs),
    Int32Array.from(rows, (row) => row.lagDays),
    Int32Array.from(rows, (row) => row.label),
    ...(oracle ? [Float64Array.from(rows, (row) => row.oracle)] : []),
    ...CATALOGUE.map((_, feature) => Float32Array.from(rows, (row) => row.values[feature]!)),
  ];
}

/** Of one customer, as a synthetic bank tells them. */
export interface Attributes {
  readonly payCycle: string;
  /** Stands for an attribute that is protected; in a fair bank nothing follows from it. */
  readonly group: string;
}

export interface CustomerAttributes extends Attributes {
  readonly customerId: string;
}

/** Attributes as columns, as {@link ATTRIBUTE_COLUMNS} names them. */
export function attributesBatch(customers: readonly CustomerAttributes[]): Batch {
  return [
    customers.map((one) => one.customerId),
    customers.map((one) => one.payCycle),
    customers.map((one) => one.group),
  ];
}
