/** One error type on the wire. What a caller may know is said; the cause stays in the log. */
import { Code, ConnectError } from '@connectrpc/connect';

/** Errors that came from another service, so that its answer about us is not mistaken for ours about the caller. */
const fromPeers = new WeakSet<object>();

/** Codes of a peer that speak of our own call to it, not of the caller's call to us. */
const OUR_OWN_FAULT: readonly Code[] = [
  Code.Unauthenticated,
  Code.PermissionDenied,
  Code.Unimplemented,
  Code.InvalidArgument,
  Code.Internal,
  Code.Unknown,
  Code.DataLoss,
];

/** Notes that the error is a peer's answer; answers it. */
export function markPeerError(error: ConnectError): ConnectError {
  fromPeers.add(error);
  return error;
}

export function isPeerError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && fromPeers.has(error);
}

/**
 * The error that goes to the caller. A ConnectError that a handler made goes as it is. A peer's goes with its code where the
 * code means the same to the caller (NOT_FOUND, UNAVAILABLE, …), else as INTERNAL. Anything else is INTERNAL, or what ended
 * the call if its signal is aborted. The original is kept as cause.
 */
export function toWireError(error: unknown, signal: AbortSignal): ConnectError {
  if (error instanceof ConnectError) {
    if (!isPeerError(error)) return error;
    if (OUR_OWN_FAULT.includes(error.code)) return internal(error);
    return new ConnectError(error.rawMessage, error.code, retryAfter(error.metadata), undefined, error);
  }
  if (signal.aborted) return ended(signal, error);
  return internal(error);
}

/** The lower-case name of a code as metrics and batch answers show it: "not_found"; "ok" without an error. */
export function codeName(code: Code | null): string {
  if (code === null) return 'ok';
  return Code[code].replace(/(?<=[a-z])[A-Z]/g, '_$&').toLowerCase();
}

/** True for codes at which a later try of the same call may succeed. */
export function isTransientRpcError(error: unknown): boolean {
  return error instanceof ConnectError && TRANSIENT.includes(error.code);
}

const TRANSIENT: readonly Code[] = [Code.Unavailable, Code.ResourceExhausted, Code.DeadlineExceeded, Code.Aborted];

/** RESOURCE_EXHAUSTED that says when to come again. */
export function overloaded(message: string, retryAfterS: number): ConnectError {
  return new ConnectError(message, Code.ResourceExhausted, { 'retry-after': String(retryAfterS) });
}

function internal(cause: unknown): ConnectError {
  return new ConnectError('internal error', Code.Internal, undefined, undefined, cause);
}

function ended(signal: AbortSignal, cause: unknown): ConnectError {
  const reason: unknown = signal.reason;
  const code = reason instanceof ConnectError ? reason.code : Code.Canceled;
  const message = code === Code.DeadlineExceeded ? 'the deadline has passed' : 'the call was ended';
  return new ConnectError(message, code, undefined, undefined, cause);
}

function retryAfter(metadata: Headers): Record<string, string> {
  const value = metadata.get('retry-after');
  return value === null ? {} : { 'retry-after': value };
}
