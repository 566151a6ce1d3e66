/** Clients of other services: gRPC with a key, a deadline on every call, size limits and keepalive. */
import type { DescService } from '@bufbuild/protobuf';
import { type Client, Code, ConnectError, createClient, type Interceptor, type Transport } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import type { PeerSettings } from '../config/settings.ts';
import type { ServiceScope } from '../lifecycle/scope.ts';
import { markPeerError } from './errors.ts';

export interface RpcClientOptions extends PeerSettings {
  /** Deadline of a call that brings none of its own, milliseconds. */
  readonly deadlineMs: number;
  /** Largest request and answer. Default 4 MiB. */
  readonly maxMessageBytes?: number;
  /** Closes the connection with the scope. Without it the connection closes itself after 15 minutes idle. */
  readonly scope?: Pick<ServiceScope, 'defer'>;
}

export const KEEPALIVE = { pingIntervalMs: 20_000, pingTimeoutMs: 5_000 } as const;
export const DEFAULT_MAX_MESSAGE_BYTES = 4_194_304;

/** A client whose errors are ConnectErrors. In a handler, pass `onward(context)` as call options. */
export function createRpcClient<T extends DescService>(service: T, options: RpcClientOptions): Client<T> {
  return createClient(service, createRpcTransport(options));
}

/** The transport behind createRpcClient; one connection, shared by all clients over it. */
export function createRpcTransport(options: RpcClientOptions): Transport {
  const maxBytes = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES;
  const sessionManager = new Http2SessionManager(options.url, KEEPALIVE);
  options.scope?.defer(`connection to ${options.url}`, () => sessionManager.abort());
  return createGrpcTransport({
    baseUrl: options.url,
    sessionManager,
    defaultTimeoutMs: options.deadlineMs,
    acceptCompression: [],
    readMaxBytes: maxBytes,
    writeMaxBytes: maxBytes,
    interceptors: [credentials(options.apiKey)],
  });
}

/** Adds the key, marks errors as the peer's, and tells a broken connection from a broken peer. */
export function credentials(apiKey: string): Interceptor {
  return (next) => async (request) => {
    request.header.set('authorization', `Bearer ${apiKey}`);
    try {
      return await next(request);
    } catch (error) {
      throw markPeerError(asUnavailable(ConnectError.from(error), request.signal));
    }
  };
}

/** Codes of Node's errors that mean: the connection, not the call. */
const CONNECTION_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ERR_HTTP2_GOAWAY_SESSION',
  'ERR_HTTP2_INVALID_SESSION',
  'ERR_HTTP2_INVALID_STREAM',
  'ERR_HTTP2_SESSION_ERROR',
  'ERR_HTTP2_STREAM_ERROR',
  'ERR_STREAM_DESTROYED',
]);

const MISTAKEN: readonly Code[] = [Code.Internal, Code.Aborted, Code.Canceled];

/**
 * connect-node 2.2 gives a stream that a closing server refused (REFUSED_STREAM), or a connection that broke, INTERNAL or
 * ABORTED, and a call that the server cut CANCELED; it is UNAVAILABLE, and another try is right.
 */
function asUnavailable(error: ConnectError, signal: AbortSignal): ConnectError {
  if (error.isWireError || signal.aborted || !MISTAKEN.includes(error.code)) return error;
  const broken = causesOf(error).some((cause) => CONNECTION_ERRORS.has(cause));
  if (!broken && error.code !== Code.Canceled) return error;
  return new ConnectError('the connection broke', Code.Unavailable, undefined, undefined, error);
}

function causesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let at = error; at instanceof Error && codes.length < 8; at = at.cause) {
    codes.push('code' in at && typeof at.code === 'string' ? at.code : '');
  }
  return codes;
}
