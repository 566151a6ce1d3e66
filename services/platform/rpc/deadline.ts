/** Every call has a deadline: the caller's, cut to a maximum, or a default. It is set on the header before the protocol reads it. */
import type { IncomingHttpHeaders } from 'node:http2';

export interface DeadlineBounds {
  readonly defaultDeadlineMs: number;
  readonly maxDeadlineMs: number;
}

const GRPC_UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/** Rewrites the header of the protocol in use. A malformed one is left for the protocol to refuse. */
export function boundDeadline(headers: IncomingHttpHeaders, bounds: DeadlineBounds): void {
  const grpc = headers['content-type']?.startsWith('application/grpc') === true;
  const name = grpc ? 'grpc-timeout' : 'connect-timeout-ms';
  const given = headers[name];
  const givenMs = given === undefined ? bounds.defaultDeadlineMs : parse(String(given), grpc);
  if (Number.isNaN(givenMs)) return;
  if (given !== undefined && givenMs <= bounds.maxDeadlineMs) return;
  const ms = Math.min(givenMs, bounds.maxDeadlineMs);
  headers[name] = grpc ? `${ms}m` : String(ms);
}

function parse(text: string, grpc: boolean): number {
  if (!grpc) return /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  return digits === undefined || unit === undefined ? Number.NaN : Number(digits) * GRPC_UNIT_MS[unit]!;
}
