/**
 * The one way to PostgreSQL: a pool with every timeout set, and transactions that cannot be left open.
 *
 *  - statement_timeout, lock_timeout and idle_in_transaction_session_timeout are the server's, so that a stuck peer or a paused
 *    process frees its locks by itself (DESIGN section 6); query_timeout is a net for dead sockets only, and destroys the client.
 *  - Waiting for a free connection is bounded: an overloaded pool answers with an error instead of a growing queue.
 *  - A COMMIT that the server answered with ROLLBACK is an error, never a silent loss (I1).
 *  - Statements of one transaction that do not wait for one another go out together and run in the order of the calls: one round
 *    trip for all. None leaves before BEGIN is answered, and none after the transaction's function has ended.
 */
import { type CustomTypesConfig, Pool as PgPool, type PoolClient, type QueryResult, types } from 'pg';
import { codeOf, PostgresUnavailableError } from './sqlstate.ts';

/** Runs SQL: a pool, or one transaction. int8 comes as bigint, numeric as string, timestamptz as Date. */
export interface Queryable {
  query<R extends object = Record<string, unknown>>(sql: string, params?: readonly unknown[]): Promise<Rows<R>>;
  /** The same through a statement prepared once per connection under `name`: for SQL that runs for every batch. */
  prepared<R extends object = Record<string, unknown>>(
    name: string,
    sql: string,
    params?: readonly unknown[],
  ): Promise<Rows<R>>;
}

export interface Rows<R> {
  readonly rows: R[];
  /** Rows affected or returned. */
  readonly count: number;
}

export type Transaction = Queryable;

export interface TransactionOptions {
  /** COMMIT returns before the log is on disk. Only where what is lost comes back by itself (I3: the offset goes with it). Default false. */
  readonly asyncCommit?: boolean;
  /** Default is the server's READ COMMITTED. */
  readonly isolation?: 'repeatable read' | 'serializable';
  readonly readOnly?: boolean;
}

export interface Pool extends Queryable {
  /**
   * Runs fn between BEGIN and COMMIT; any error rolls back and is thrown. fn begins while BEGIN is under way, so that what it does
   * before its first statement costs no time. The transaction ends with fn: what is asked of it later is refused.
   */
  transaction<T>(fn: (tx: Transaction) => Promise<T>, o?: TransactionOptions): Promise<T>;
  /** Connections open, idle, and callers waiting. */
  stats(): { readonly total: number; readonly idle: number; readonly waiting: number };
  /** Waits for what is checked out, then closes. */
  close(): Promise<void>;
}

export interface PoolOptions {
  /** postgres://user:password@host:port/database */
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
  /** Connections at most. Default 10. */
  readonly max?: number;
  /** Longest statement. Default 10 s. */
  readonly statementTimeoutMs?: number;
  /** Longest wait for a lock. Default 5 s. */
  readonly lockTimeoutMs?: number;
  /** Longest silence inside a transaction. Default 10 s. */
  readonly idleInTransactionTimeoutMs?: number;
  /** Longest wait for a connection, in the queue or on the network. Default 5 s. */
  readonly connectionTimeoutMs?: number;
  /** Told of errors on idle connections, which the pool replaces. */
  readonly onIdleError?: (cause: Error) => void;
}

const INT8 = 20;
const INT8_ARRAY = 1016;
/** How much later than the server the client gives up. */
const NET_MS = 5_000;

const textArray: (text: string) => (string | null)[] = types.getTypeParser(1009 as number, 'text');

const parsers: CustomTypesConfig = {
  getTypeParser(id: number, format?: 'text' | 'binary') {
    if (id === INT8) return BigInt;
    if (id === INT8_ARRAY) return (text: string) => textArray(text).map((one) => (one === null ? null : BigInt(one)));
    return types.getTypeParser(id, format as 'text');
  },
};

/**
 * The answers of statements that went out together; throws what the first of them that failed says, since those behind it only
 * tell that the transaction is aborted.
 */
export async function together<T extends readonly unknown[]>(
  ...statements: { [K in keyof T]: Promise<T[K]> }
): Promise<T> {
  const answers = await Promise.allSettled(statements);
  const failed = answers.find((answer) => answer.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return answers.map((answer) => (answer as PromiseFulfilledResult<unknown>).value) as unknown as T;
}

/** Opens no connection yet: the first query does. */
export function createPool(o: PoolOptions): Pool {
  const statementTimeoutMs = o.statementTimeoutMs ?? 10_000;
  const pool = new PgPool({
    connectionString: o.url,
    max: o.max ?? 10,
    connectionTimeoutMillis: o.connectionTimeoutMs ?? 5_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: statementTimeoutMs,
    lock_timeout: o.lockTimeoutMs ?? 5_000,
    idle_in_transaction_session_timeout: o.idleInTransactionTimeoutMs ?? 10_000,
    query_timeout: statementTimeoutMs + NET_MS,
    keepAlive: true,
    pipeline: true,
    types: parsers,
    ...(o.applicationName === undefined ? {} : { application_name: o.applicationName }),
  });
  // Without a listener, a connection that the server ends while idle would end the process.
  pool.on('error', (cause) => o.onIdleError?.(cause));

  async function withClient<T>(fn: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await driver(pool.connect());
    let broken = false;
    // An error between two queries reaches nobody else; the next query on the client then fails.
    const onError = () => {
      broken = true;
    };
    client.on('error', onError);
    try {
      return await fn(client);
    } catch (cause) {
      broken ||= endsConnection(cause);
      throw cause;
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }

  return {
    query: (sql, params) => withClient((client) => run(client, sql, params)),
    prepared: (name, sql, params) => withClient((client) => runNamed(client, name, sql, params)),
    transaction: (fn, options = {}) => withClient((client) => inTransaction(client, fn, options)),
    stats: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  };
}

async function inTransaction<T>(
  client: PoolClient,
  fn: (tx: Transaction) => Promise<T>,
  o: TransactionOptions,
): Promise<T> {
  const begun = driver(client.query(beginOf(o)));
  // Whoever asks for a statement is told; fn may fail before that.
  begun.catch(() => undefined);
  let ended = false;
  try {
    const result = await fn(transactionOf(client, begun, () => ended));
    ended = true;
    await begun;
    const end = await driver(client.query('COMMIT'));
    if (end.command !== 'COMMIT')
      throw new Error(`COMMIT was answered with ${end.command}: a statement before it failed`);
    return result;
  } catch (cause) {
    ended = true;
    if (!endsConnection(cause)) await driver(client.query('ROLLBACK'));
    throw cause;
  }
}

function beginOf(o: TransactionOptions): string {
  const begin = ['BEGIN'];
  if (o.isolation !== undefined) begin.push(`ISOLATION LEVEL ${o.isolation.toUpperCase()}`);
  if (o.readOnly === true) begin.push('READ ONLY');
  const sql = begin.join(' ');
  return o.asyncCommit === true ? `${sql}; SET LOCAL synchronous_commit TO off` : sql;
}

/** Were a statement to leave before BEGIN succeeded, or after ROLLBACK, it would stand alone and be committed by itself. */
function transactionOf(client: PoolClient, begun: Promise<unknown>, hasEnded: () => boolean): Transaction {
  const open = async (): Promise<PoolClient> => {
    await begun;
    if (hasEnded()) throw new Error('the transaction has ended');
    return client;
  };
  return {
    query: async (sql, params) => await run(await open(), sql, params),
    prepared: async (name, sql, params) => await runNamed(await open(), name, sql, params),
  };
}

async function run<R extends object>(
  client: PoolClient,
  sql: string,
  params: readonly unknown[] = [],
): Promise<Rows<R>> {
  return rowsOf(await driver(client.query(sql, params as unknown[])));
}

async function runNamed<R extends object>(
  client: PoolClient,
  name: string,
  text: string,
  params: readonly unknown[] = [],
): Promise<Rows<R>> {
  return rowsOf(await driver(client.query({ name, text, values: params as unknown[] })));
}

function rowsOf<R extends object>(result: QueryResult): Rows<R> {
  return { rows: result.rows as R[], count: result.rowCount ?? 0 };
}

/**
 * The driver gives no code to what it raises itself: a read timeout, a terminated connection, no free connection in time. In
 * all of these the connection's state is unknown. Errors with a code, and programming errors (TypeError), pass.
 */
async function driver<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const own = cause instanceof Error && cause.constructor === Error && codeOf(cause) === null;
    throw own ? new PostgresUnavailableError(cause.message, { cause }) : cause;
  }
}

/** True if the server or the network has ended the connection, or may have. */
function endsConnection(cause: unknown): boolean {
  if (cause instanceof PostgresUnavailableError) return true;
  const code = codeOf(cause);
  return code !== null && /^(57P|08|25P|E)/.test(code);
}
