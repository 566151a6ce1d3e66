import { Code, ConnectError } from '@connectrpc/connect';
import { isTransient } from '../platform/postgres/sqlstate.ts';

/** Runs a handler's work; the database's own trouble is UNAVAILABLE, so that a caller tries again. */
export async function answering<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isTransient(cause)) throw cause;
    throw new ConnectError('the database is not available now', Code.Unavailable, undefined, undefined, cause);
  }
}
