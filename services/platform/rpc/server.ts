/**
 * The RPC server: HTTP/2 without TLS, answering gRPC, gRPC-web and Connect.
 *
 * - Nobody is let in by default (I10): key and role are checked before a byte of the request's body is read.
 * - Every call has a deadline, a size limit and a place among a bounded number; more is RESOURCE_EXHAUSTED.
 * - Closing sends GOAWAY and lets open calls end; after drainMs their signals abort with UNAVAILABLE, and soon after what is
 *   left is destroyed.
 */
import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Code, ConnectError, type ConnectRouter, type HandlerContext, type Interceptor } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import type { KeyRing } from '../auth/key-ring.ts';
import type { RpcServerSettings } from '../config/settings.ts';
import { type ServiceScope, within } from '../lifecycle/scope.ts';
import { authorize } from './access.ts';
import { authenticate, setCaller } from './caller.ts';
import { boundDeadline } from './deadline.ts';
import { overloaded } from './errors.ts';
import { isOpen, serveHealth } from './health.ts';
import { createCallObserver } from './observe.ts';
import { validationInterceptor, warmUp } from './validation.ts';

export interface RpcServerOptions extends Partial<Omit<RpcServerSettings, 'apiKeysFile'>> {
  readonly scope: ServiceScope;
  readonly keyRing: KeyRing;
  /** Registers the implementations. Health is added to them. */
  readonly services: (router: ConnectRouter) => void;
  /** How long open calls may go on after closing begins, milliseconds. Default 5000. */
  readonly drainMs?: number;
}

export interface RpcServer {
  readonly port: number;
  /** http://host:port, as PDE_…_URL takes it. */
  readonly url: string;
}

const DEFAULTS = {
  host: '127.0.0.1',
  port: 0,
  maxMessageBytes: 4_194_304,
  defaultDeadlineMs: 10_000,
  maxDeadlineMs: 60_000,
  maxInFlight: 256,
  drainMs: 5_000,
};

/** Listens, announces `rpcPort` on the ready line, and closes with the scope. */
export async function createRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const { scope } = options;
  const o = { ...DEFAULTS, ...options };
  const cut = new AbortController();
  const server = createServer({ settings: { maxConcurrentStreams: o.maxInFlight } }, handlerOf(o, cut.signal));
  const sessions = trackSessions(server);
  const port = await scope.acquire(
    'rpc server',
    () => listen(server, o.host, o.port),
    () => close(server, sessions, o.drainMs, cut),
  );
  scope.announce({ rpcPort: port });
  return { port, url: `http://${o.host.includes(':') ? `[${o.host}]` : o.host}:${port}` };
}

type Effective = RpcServerOptions & typeof DEFAULTS;

function handlerOf(o: Effective, shutdownSignal: AbortSignal): Parameters<typeof createServer>[1] {
  const observer = createCallObserver(o.scope);
  const gate = (context: HandlerContext): void => {
    if (isOpen(context.service)) return;
    const principal = authenticate(o.keyRing, context.requestHeader);
    setCaller(context, principal);
    authorize(context.method, principal);
    if (observer.inFlight() >= o.maxInFlight) throw tooMany(o.maxInFlight);
  };
  // Checked again once the body is read: calls that passed the gate together may still be too many together.
  const bound: Interceptor = (next) => (request) => {
    if (!isOpen(request.service) && observer.inFlight() > o.maxInFlight) throw tooMany(o.maxInFlight);
    return next(request);
  };
  const adapter = connectNodeAdapter({
    routes: (router) => registerAll(router, o),
    shutdownSignal,
    // Answers go uncompressed: inside a cluster the CPU costs more than the bytes. Compressed requests are still read.
    compressMinBytes: o.maxMessageBytes,
    readMaxBytes: o.maxMessageBytes,
    writeMaxBytes: o.maxMessageBytes,
    requestGate: (context) => observer.refusals(context, () => gate(context)),
    interceptors: [observer.interceptor, bound, validationInterceptor],
  });
  return (request, response) => {
    boundDeadline(request.headers, o);
    adapter(request, response);
  };
}

function tooMany(bound: number): ConnectError {
  return overloaded(`${bound} calls are in flight, which is the bound; come again later`, 1);
}

function registerAll(router: ConnectRouter, o: Effective): void {
  o.services(router);
  const names = [...new Set(router.handlers.map((handler) => handler.service.typeName))];
  warmUp(router.handlers.map((handler) => handler.method.input));
  serveHealth(router, o.scope, () => names);
}

function listen(server: Http2Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function trackSessions(server: Http2Server): Set<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    // A broken connection ends its calls through their signals; here it needs no more than not to be uncaught.
    session.on('error', () => undefined);
  });
  return sessions;
}

/** Time that a handler has for answering once its signal has aborted. */
const CUT_MS = 250;

async function close(
  server: Http2Server,
  sessions: Set<ServerHttp2Session>,
  drainMs: number,
  cut: AbortController,
): Promise<void> {
  const closed = new Promise<true>((resolve) => server.close(() => resolve(true)));
  for (const session of sessions) session.close();
  if (await within(drainMs, closed)) return;
  cut.abort(new ConnectError('the server is closing', Code.Unavailable));
  if (await within(CUT_MS, closed)) return;
  const left = sessions.size;
  for (const session of sessions) session.destroy();
  throw new Error(`${left} connection(s) had calls open ${drainMs + CUT_MS} ms after GOAWAY and were destroyed`);
}
