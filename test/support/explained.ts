/**
 * What PostgreSQL makes of every statement that a store sends: each is explained, with its own parameters and run for that, before
 * it is sent. Everything happens in a transaction that is rolled back.
 */
import type { Pool, Queryable, Transaction } from '../../services/platform/postgres/pool.ts';

/** A statement as it was sent, with its plan. */
export interface Explained {
  /** File of the call, from the repository's root. */
  readonly file: string;
  /** Place of the call in the file: the same call has the same. */
  readonly place: string;
  readonly sql: string;
  readonly scans: readonly Scan[];
  /** Of the plan that a prepared statement may end with, made without knowing the parameters; empty where it is not prepared. */
  readonly genericScans: readonly Scan[];
}

/** A node of a plan that reads a table. */
export interface Scan {
  readonly node: string;
  readonly table: string;
  /** Rows that were looked at, those that a filter removed included; 0 in a generic plan, which is not run. */
  readonly rowsRead: number;
}

class RolledBack extends Error {
  override readonly name = 'RolledBack';
}

/** Runs the work with a pool that explains; what it writes is rolled back. */
export async function explain(pool: Pool, work: (pool: Pool) => Promise<unknown>): Promise<readonly Explained[]> {
  const explained: Explained[] = [];
  try {
    await pool.transaction(async (tx) => {
      await work(explainingPool(tx, explained));
      throw new RolledBack('only explained');
    });
  } catch (cause) {
    if (!(cause instanceof RolledBack)) throw cause;
  }
  return explained;
}

function explainingPool(tx: Transaction, explained: Explained[]): Pool {
  const db: Queryable = {
    async query(sql, params = []) {
      const call = callOf(new Error('where from').stack);
      explained.push({ ...call, sql, scans: await scansOf(tx, sql, params), genericScans: [] });
      return await tx.query(sql, params);
    },
    async prepared(name, sql, params = []) {
      const call = callOf(new Error('where from').stack);
      explained.push({ ...call, sql, scans: await scansOf(tx, sql, params), genericScans: await generic(tx, sql) });
      return await tx.prepared(name, sql, params);
    },
  };
  return {
    ...db,
    transaction: (fn) => fn(db),
    stats: () => ({ total: 1, idle: 0, waiting: 0 }),
    close: async () => {},
  };
}

/** The nearest caller: the line after this file's own. */
function callOf(stack = ''): Pick<Explained, 'file' | 'place'> {
  const caller = stack.split('\n').find((line) => line.includes('/services/'));
  const [, file = 'unknown', place = ''] = /(services\/[^:?]+\.ts)[^:]*:(\d+:\d+)/.exec(caller ?? '') ?? [];
  return { file, place };
}

async function scansOf(tx: Transaction, sql: string, params: readonly unknown[]): Promise<readonly Scan[]> {
  await tx.query('SAVEPOINT explained');
  const { rows } = await tx.query<PlanRow>(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${sql}`, params);
  await tx.query('ROLLBACK TO SAVEPOINT explained');
  return scansIn(rows);
}

async function generic(tx: Transaction, sql: string): Promise<readonly Scan[]> {
  // Text with parameters and without values: the simple protocol is the one that takes it.
  const { rows } = await tx.query<PlanRow>(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${sql}`);
  return scansIn(rows);
}

interface PlanRow {
  readonly 'QUERY PLAN': readonly { readonly Plan: PlanNode }[];
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly PlanNode[];
}

function scansIn(rows: readonly PlanRow[]): readonly Scan[] {
  return rows.flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan }) => scansBelow(Plan)));
}

function scansBelow(node: PlanNode): readonly Scan[] {
  const below = (node.Plans ?? []).flatMap(scansBelow);
  const table = node['Relation Name'];
  if (table === undefined || !node['Node Type'].endsWith('Scan')) return below;
  const each =
    (node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return [{ node: node['Node Type'], table, rowsRead: Math.round(each * (node['Actual Loops'] ?? 0)) }, ...below];
}
