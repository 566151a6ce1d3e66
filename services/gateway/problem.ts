/** Errors as RFC 9457 problem details. What a caller may know is in them; causes are in the log. */
import { Code, ConnectError } from '@connectrpc/connect';
import { codeName, isPeerError } from '../platform/rpc/errors.ts';
import { type FieldViolation, violationsOf } from '../platform/rpc/validation.ts';

export interface Problem {
  /** `urn:pde:problem:<kind>`; kinds are stable, details are for people. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** `urn:uuid:<id>` of this one answer, as in the log. */
  readonly instance: string;
  readonly violations?: readonly FieldViolation[];
}

/** A problem before it is bound to an answer. */
export interface ProblemKind {
  readonly kind: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly violations?: readonly FieldViolation[];
}

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** Status and title of a code, after google/rpc/code.proto. */
const BY_CODE: Readonly<Record<Code, readonly [number, string]>> = {
  [Code.Canceled]: [499, 'The request was cancelled'],
  [Code.Unknown]: [500, 'Internal error'],
  [Code.InvalidArgument]: [400, 'The request is not valid'],
  [Code.DeadlineExceeded]: [504, 'The answer did not come in time'],
  [Code.NotFound]: [404, 'Not found'],
  [Code.AlreadyExists]: [409, 'It exists already'],
  [Code.PermissionDenied]: [403, 'Not allowed'],
  [Code.ResourceExhausted]: [429, 'Too many requests'],
  [Code.FailedPrecondition]: [400, 'The state of things does not allow it'],
  [Code.Aborted]: [409, 'Something else changed it'],
  [Code.OutOfRange]: [400, 'Out of range'],
  [Code.Unimplemented]: [501, 'Not implemented'],
  [Code.Internal]: [500, 'Internal error'],
  [Code.Unavailable]: [503, 'Not available now'],
  [Code.DataLoss]: [500, 'Internal error'],
  [Code.Unauthenticated]: [401, 'An API key is required'],
};

/** Details of a server's fault, which say nothing of its inside. */
const FIXED_DETAIL: Partial<Record<Code, string>> = {
  [Code.Unknown]: 'internal error',
  [Code.Internal]: 'internal error',
  [Code.DataLoss]: 'internal error',
  [Code.Unavailable]: 'the service that answers this is not available; try again',
  [Code.DeadlineExceeded]: 'the service that answers this took too long; try again',
};

const RETRY_AFTER_S = '1';

/** The problem that an error is to the caller. A service that refuses the gateway itself is our fault, not the caller's. */
export function problemOf(error: unknown): ProblemKind {
  const wire = error instanceof ConnectError ? error : new ConnectError('internal error', Code.Internal);
  const refusedUs = isPeerError(wire) && (wire.code === Code.Unauthenticated || wire.code === Code.PermissionDenied);
  const code = refusedUs ? Code.Internal : wire.code;
  const [status, title] = BY_CODE[code];
  const violations = code === Code.InvalidArgument ? violationsOf(wire) : [];
  return {
    kind: codeName(code).replaceAll('_', '-'),
    title,
    status,
    detail: FIXED_DETAIL[code] ?? wire.rawMessage,
    headers: headersOf(code, wire),
    ...(violations.length === 0 ? {} : { violations }),
  };
}

/** The body of a problem. */
export function problemBody({ kind, title, status, detail, violations }: ProblemKind, requestId: string): Problem {
  return {
    type: `urn:pde:problem:${kind}`,
    title,
    status,
    detail,
    instance: `urn:uuid:${requestId}`,
    ...(violations === undefined ? {} : { violations }),
  };
}

function headersOf(code: Code, error: ConnectError): Record<string, string> {
  if (code === Code.Unauthenticated) return { 'www-authenticate': 'Bearer realm="pde"' };
  if (code === Code.ResourceExhausted) return { 'retry-after': error.metadata.get('retry-after') ?? RETRY_AFTER_S };
  return code === Code.Unavailable ? { 'retry-after': RETRY_AFTER_S } : {};
}
