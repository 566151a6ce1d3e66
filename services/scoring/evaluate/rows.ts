/** The rows of an evaluation: tables of `simulator dataset`, each proven by its sidecar before a value of it is used. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { FEATURE_SET_VERSION } from '../../domain/features/catalogue.ts';
import { type Column, TableError } from '../../platform/table/column.ts';
import { hashOfTable } from '../../platform/table/hash.ts';
import { openTable, type TableReader } from '../../platform/table/read.ts';
import { EvaluationError } from './error.ts';

/** One bank's rows, an evaluation moment each; columns of equal length. */
export interface EvaluationRows {
  readonly count: number;
  readonly customers: readonly string[];
  /** 1: something was missed. */
  readonly labels: Float64Array;
  /** The oracle's chance of the label; null where the tables have none. */
  readonly oracle: Float64Array | null;
  /** By name; NaN is unknown. */
  readonly features: ReadonlyMap<string, Float32Array>;
  /** What the bank is, from the sidecars. */
  readonly bank: Readonly<Record<string, unknown>>;
  /** Sha256 of every table, in order. */
  readonly sha256: readonly string[];
}

interface Sidecar {
  readonly format?: string;
  readonly feature_set_version?: string;
  readonly bank?: Readonly<Record<string, unknown>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly leak_check?: { readonly passed?: boolean };
}

/** Reads rows of lag 0 with the named features. @throws EvaluationError where a table is not what its sidecar says, or of another bank */
export async function readRows(paths: readonly string[], features: Iterable<string>): Promise<EvaluationRows> {
  const sidecars = await Promise.all(paths.map(proven));
  const [first] = sidecars;
  const bank = bankOf(first?.bank);
  const another = sidecars.findIndex((sidecar) => !isDeepStrictEqual(bankOf(sidecar.bank), bank));
  if (another >= 0) throw new EvaluationError(`${basename(paths[another]!)} is of another bank than the first table`);
  const tables = await Promise.all(paths.map(openProven));
  try {
    const rows = roomFor(tables, [...new Set(features)]);
    for (const table of tables) await take(table, rows);
    if (rows.count === 0) throw new EvaluationError('there is no row to evaluate on');
    const blind = rows.oracle?.subarray(0, rows.count).findIndex(Number.isNaN) ?? -1;
    if (blind >= 0)
      throw new EvaluationError(`the oracle says nothing of customer ${rows.customers[blind]}'s row ${blind}`);
    return {
      count: rows.count,
      customers: rows.customers,
      labels: rows.labels.subarray(0, rows.count),
      oracle: rows.oracle?.subarray(0, rows.count) ?? null,
      features: new Map([...rows.features].map(([name, values]) => [name, values.subarray(0, rows.count)])),
      bank,
      sha256: sidecars.map(({ sha256 }) => sha256),
    };
  } finally {
    for (const table of tables) await table.close();
  }
}

/** What parts of one bank have in common. */
function bankOf(facts: Sidecar['bank']): Readonly<Record<string, unknown>> {
  const { first_customer: _first, customers: _customers, ...same } = facts ?? {};
  return same;
}

async function proven(path: string): Promise<Sidecar & { readonly sha256: string }> {
  const sidecarPath = path.replace(/\.parquet$/, '.json');
  const text = await readFile(sidecarPath, 'utf8').catch((cause: unknown) => {
    throw new EvaluationError(`${path} has no sidecar: ${cause instanceof Error ? cause.message : cause}`, { cause });
  });
  const sidecar = JSON.parse(text) as Sidecar;
  const refuse = (why: string): never => {
    throw new EvaluationError(`${basename(path)}: ${why}`);
  };
  if (sidecar.format !== 'pde-dataset/1') refuse(`its sidecar is ${sidecar.format}, not pde-dataset/1`);
  if (sidecar.feature_set_version !== FEATURE_SET_VERSION) {
    refuse(`its vectors are of feature set ${sidecar.feature_set_version}, this engine's of ${FEATURE_SET_VERSION}`);
  }
  if (sidecar.leak_check?.passed !== true) refuse('its sidecar tells of no leak check that passed');
  const sha256 = await hashOfTable(path);
  if (sidecar.files?.[basename(path)] !== sha256) refuse(`has the SHA-256 ${sha256}, which its sidecar does not name`);
  return { ...sidecar, sha256 };
}

function openProven(path: string): Promise<TableReader> {
  return openTable(path).catch((cause: unknown) => {
    throw cause instanceof TableError ? new EvaluationError(cause.message, { cause }) : cause;
  });
}

/** Rows of several tables on their way into one. */
interface Room {
  count: number;
  readonly customers: string[];
  readonly labels: Float64Array;
  readonly oracle: Float64Array | null;
  readonly features: ReadonlyMap<string, Float32Array>;
}

function roomFor(tables: readonly TableReader[], names: readonly string[]): Room {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const hasOracle = tables.every((table) => table.columns.some(({ name }) => name === 'oracle'));
  return {
    count: 0,
    customers: [],
    labels: new Float64Array(rows),
    oracle: hasOracle ? new Float64Array(rows) : null,
    features: new Map(names.map((name) => [name, new Float32Array(rows)])),
  };
}

/** Appends the table's rows of lag 0. */
async function take(table: TableReader, into: Room): Promise<void> {
  const wanted: Column[] = [
    { name: 'customer_id', type: 'string' },
    { name: 'lag_days', type: 'int32' },
    { name: 'label', type: 'int32' },
    ...[...into.features.keys()].map((name): Column => ({ name, type: 'float32' })),
    ...(into.oracle === null ? [] : [{ name: 'oracle', type: 'float64' } as const]),
  ];
  const rooms = [into.labels, ...into.features.values(), ...(into.oracle === null ? [] : [into.oracle])];
  for await (const [customers, lags, ...values] of table.groups(wanted)) {
    for (let row = 0; row < lags!.length; row++) {
      if (lags![row] !== 0) continue;
      into.customers.push(customers![row] as string);
      for (const [i, room] of rooms.entries()) room[into.count] = values[i]![row] as number;
      into.count++;
    }
  }
}
