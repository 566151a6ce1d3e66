import type { Batch } from '../../platform/table/column.ts';
import type { CustomerHistory } from '../store/bank-rows.ts';
import { createLeakCheck } from './leak-check.ts';
import type { TablePlan } from './plan.ts';
import { type DatasetRow, datasetRows } from './rows.ts';
import { type Attributes, attributesBatch, type CustomerAttributes, type TableRow, tableBatch } from './table.ts';
import { emptyWaterfalls, type Waterfalls } from './waterfall.ts';

/** One customer as a table's maker sees it. */
export interface Customer {
  readonly history: CustomerHistory;
  /** Null: the bank does not tell. */
  readonly attributes: Attributes | null;
  /** The chance of a row's label, all that is hidden being known; NaN where it is not asked for. */
  readonly oracleOf: (row: DatasetRow) => number;
}

/** The rows of some customers, in their order. */
export interface Block {
  /** Customers looked at. */
  readonly customers: number;
  readonly table: Batch;
  /** Of customers with a row. */
  readonly attributes: Batch;
  readonly waterfalls: Waterfalls;
  /** Vectors that the leak check has computed again. */
  readonly leakRows: number;
}

/** @throws LeakError */
export function blockOf(customers: Iterable<Customer>, plan: TablePlan, withOracle: boolean): Block {
  const waterfalls = emptyWaterfalls(plan.lagsDays);
  const rows: TableRow[] = [];
  const attributes: CustomerAttributes[] = [];
  let seen = 0;
  let leakRows = 0;
  for (const { history, attributes: told, oracleOf } of customers) {
    const { customerId } = history;
    const leakCheck = createLeakCheck(plan, history);
    const before = rows.length;
    for (const row of datasetRows(history, plan, { waterfalls, leakCheck })) {
      rows.push({ ...row, customerId, oracle: withOracle ? oracleOf(row) : Number.NaN });
    }
    if (told !== null && rows.length > before) attributes.push({ customerId, ...told });
    seen++;
    leakRows += leakCheck.rows;
  }
  return {
    customers: seen,
    table: tableBatch(rows, withOracle),
    attributes: attributesBatch(attributes),
    waterfalls,
    leakRows,
  };
}
