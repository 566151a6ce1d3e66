/**
 * What an error of the database means for the work that met it (DESIGN section 6). Decided by SQLSTATE and by Node's network
 * codes, never by the text of a message.
 *
 * Source: PostgreSQL 17, appendix A (error codes); the first two characters are the class.
 */

/** transient: the machine's, try again. content: what the rows hold, find them and dead-letter them. other: a defect of ours. */
export type DatabaseFault = 'transient' | 'content' | 'other';

const TRANSIENT_CLASSES = new Set([
  '08', // connection exception
  '40', // transaction rollback: serialization failure, deadlock
  '53', // insufficient resources: disk full, out of memory, too many connections
  '57', // operator intervention: shutdown, crash, statement_timeout
  '58', // system error outside PostgreSQL: I/O
]);

const CONTENT_CLASSES = new Set([
  '22', // data exception: out of range, NUL in text, invalid text
  '23', // integrity constraint violation
]);

/** Codes outside those classes that mend by themselves. */
const TRANSIENT_CODES = new Set([
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
  '55P03', // lock_timeout
]);

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Raised by the pool itself where the driver gives no code: a dead socket, no free connection in time. */
export class PostgresUnavailableError extends Error {
  override readonly name = 'PostgresUnavailableError';
}

/** The kind of an error that a query or a transaction threw. */
export function classify(error: unknown): DatabaseFault {
  if (error instanceof PostgresUnavailableError) return 'transient';
  const code = codeOf(error);
  if (code === null) return 'other';
  if (NETWORK_CODES.has(code) || TRANSIENT_CODES.has(code) || TRANSIENT_CLASSES.has(code.slice(0, 2)))
    return 'transient';
  return CONTENT_CLASSES.has(code.slice(0, 2)) ? 'content' : 'other';
}

/** True if the same work may succeed later. */
export function isTransient(error: unknown): boolean {
  return classify(error) === 'transient';
}

/** The SQLSTATE or network code of an error, or null. */
export function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
