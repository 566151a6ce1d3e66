/**
 * Batches for `INSERT … SELECT … FROM unnest($1::text[], $2::int8[], …)`: one statement and one plan for any number of rows.
 * Some 500 rows a statement is where PostgreSQL's throughput levels off.
 */
import { classify } from './sqlstate.ts';

/**
 * Turns rows into one array parameter per column, in the order of the getters; undefined becomes NULL.
 *
 * @returns as many parameters as getters, each an array of as many values as there are rows
 */
export function columns<T>(rows: readonly T[], ...getters: readonly ((row: T) => unknown)[]): unknown[] {
  return getters.map((get) => arrayParameter(rows.map(get)));
}

/**
 * Values of one column as a parameter: text, numbers and booleans as PostgreSQL's array literal, at a fourth of what the driver's own
 * quoting costs; anything else as the array that it is, for the driver to write.
 */
export function arrayParameter(values: readonly unknown[]): unknown {
  let literal = '';
  for (const value of values) {
    const written = elementOf(value);
    if (written === null) return values.map((each) => each ?? null);
    literal += literal === '' ? written : `,${written}`;
  }
  return `{${literal}}`;
}

/** Null where the driver has to write it. */
function elementOf(value: unknown): string | null {
  if (typeof value === 'string') return quoted(value);
  if (value === null || value === undefined) return 'NULL';
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : null;
}

function quoted(text: string): string {
  if (!text.includes('"') && !text.includes('\\')) return `"${text}"`;
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** Consecutive slices of at most `size`. */
export function slices<T>(rows: readonly T[], size: number): T[][] {
  const out: T[][] = [];
  for (let at = 0; at < rows.length; at += size) out.push(rows.slice(at, at + size));
  return out;
}

/**
 * Finds the rows that the database refuses for what they hold (SQLSTATE classes 22 and 23), by bisection: about
 * 2·k·log2(n) tries for k refused rows among n. Any other error is thrown.
 *
 * @param tryInsert tries rows in a transaction of its own that it rolls back, or throws
 * @returns refused rows with the error of each, in order of rows
 */
export async function findRefusedRows<T>(
  rows: readonly T[],
  tryInsert: (rows: readonly T[]) => Promise<void>,
): Promise<readonly { readonly row: T; readonly cause: unknown }[]> {
  if (rows.length === 0) return [];
  try {
    await tryInsert(rows);
    return [];
  } catch (cause) {
    if (classify(cause) !== 'content') throw cause;
    const [only] = rows;
    if (rows.length === 1 && only !== undefined) return [{ row: only, cause }];
    const half = rows.length >> 1;
    const left = await findRefusedRows(rows.slice(0, half), tryInsert);
    return [...left, ...(await findRefusedRows(rows.slice(half), tryInsert))];
  }
}
