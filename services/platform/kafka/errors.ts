/** Which of kafkajs's errors mend by trying again: decided by protocol error type and by its own flag, never by text. */

/** Protocol errors that kafkajs calls retriable, or does not know, but which say that the request itself is wrong or denied. */
const REFUSALS = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'POLICY_VIOLATION',
  'UNSUPPORTED_SASL_MECHANISM',
]);

/**
 * kafkajs marks these final because it gave up, not because the broker said no. It retries within retries: the outer one takes
 * that the inner one gave up for a refusal, wraps it as non-retriable and names the first error as the cause.
 */
const GAVE_UP = 'KafkaJSNumberOfRetriesExceeded';
const WRAPPERS = new Set([GAVE_UP, 'KafkaJSNonRetriableError']);

interface KafkaJsLike {
  readonly name?: unknown;
  readonly type?: unknown;
  readonly retriable?: unknown;
  readonly cause?: unknown;
}

/** True if the same request may succeed later. An error that is not kafkajs's is a defect: false. */
export function isRetriable(error: unknown): boolean {
  const { name, type, retriable, cause } = fieldsOf(error);
  if (typeof type === 'string' && REFUSALS.has(type)) return false;
  if (typeof name === 'string' && WRAPPERS.has(name) && cause !== undefined) return isRetriable(cause);
  return retriable === true || name === GAVE_UP;
}

/** The innermost error that kafkajs wrapped, which names what happened. */
export function namedError(error: unknown): unknown {
  const { name, cause } = fieldsOf(error);
  const isWrapper = typeof name === 'string' && name.startsWith('KafkaJS') && cause !== undefined;
  return isWrapper ? namedError(cause) : error;
}

function fieldsOf(error: unknown): KafkaJsLike {
  return typeof error === 'object' && error !== null ? error : {};
}
