/**
 * The REST server: HTTP/1.1 in, gRPC out.
 *
 * Order of refusals: too many at once (429), no key (401), no such path (404) or method (405), no role (403), body too large
 * (413) or of another kind (415), fields (400); only then is a service called. Nobody is let in by default (I10).
 */
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { DescService } from '@bufbuild/protobuf';
import { Code, ConnectError, type Transport } from '@connectrpc/connect';
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type HTTPMethods,
} from 'fastify';
import type { KeyRing } from '../platform/auth/key-ring.ts';
import { END_CALLER_HEADER, effective, formatIdentity, type Principal } from '../platform/auth/principal.ts';
import type { ServiceScope } from '../platform/lifecycle/scope.ts';
import { authorize } from '../platform/rpc/access.ts';
import { authenticate } from '../platform/rpc/caller.ts';
import { overloaded } from '../platform/rpc/errors.ts';
import { warmUp } from '../platform/rpc/validation.ts';
import { openApiOf } from './openapi.ts';
import { PROBLEM_CONTENT_TYPE, type ProblemKind, problemBody, problemOf } from './problem.ts';
import { type Route, routesOf } from './routes.ts';
import { toAnswer, toRequest } from './transcode.ts';

export interface GatewayOptions {
  readonly scope: ServiceScope;
  readonly host: string;
  /** 0 finds a free one. */
  readonly port: number;
  readonly keyRing: KeyRing;
  /** Which transport reaches which service. */
  readonly backends: ReadonlyMap<DescService, Transport>;
  readonly deadlineMs: number;
  readonly maxBodyBytes: number;
  readonly maxInFlight: number;
}

export const OPENAPI_PATH = '/openapi.json';

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | null;
  }
  interface FastifyContextConfig {
    /** The path as the contract writes it, for metrics and logs: it holds no ids. */
    template?: string;
  }
}

/** Listens, announces `rpcPort` on the ready line, and closes with the scope. */
export async function serveGateway(options: GatewayOptions): Promise<{ readonly port: number; readonly url: string }> {
  const { scope, host } = options;
  const app = createApp(options);
  await scope.acquire(
    'rest server',
    () => app.listen({ host, port: options.port }),
    () => app.close(),
  );
  const { port } = app.server.address() as AddressInfo;
  scope.announce({ rpcPort: port });
  return { port, url: `http://${host.includes(':') ? `[${host}]` : host}:${port}` };
}

function createApp(options: GatewayOptions): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: options.maxBodyBytes,
    requestTimeout: 30_000,
    return503OnClosing: false,
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 2_048 },
    frameworkErrors: (error, request, reply) => sendError(options.scope, error, request, reply),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.decorateRequest('principal', null);
  observe(app, options.scope);
  admit(app, options);
  app.setErrorHandler((error: FastifyError, request, reply) => sendError(options.scope, error, request, reply));
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, NO_SUCH_PATH));
  registerRoutes(app, options);
  return app;
}

function observe(app: FastifyInstance, { metrics, signal }: ServiceScope): void {
  const answers = metrics.counter('http_server_answers_total', 'HTTP requests answered', ['route', 'method', 'status']);
  const durations = metrics.histogram('http_server_duration_ms', 'time from request to answer', ['route']);
  app.addHook('onResponse', async (request, reply) => {
    const route = templateOf(request);
    answers.inc({ route, method: request.method, status: String(reply.statusCode) });
    durations.observe({ route }, reply.elapsedTime);
  });
  app.addHook('onSend', async (request, reply) => {
    reply.headers({ 'x-request-id': request.id, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    // A kept-alive connection would hold the closing server up.
    if (signal.aborted) reply.header('connection', 'close');
  });
}

/** Bounds what is served at once, then asks for a key: for every path, known or not. */
function admit(app: FastifyInstance, { scope, keyRing, maxInFlight }: GatewayOptions): void {
  let inFlight = 0;
  scope.metrics.observed('http_server_in_flight', 'HTTP requests being served', () => inFlight);
  app.addHook('onRequest', async (request, reply) => {
    inFlight += 1;
    reply.raw.once('close', () => {
      inFlight -= 1;
    });
    if (inFlight > maxInFlight) throw overloaded(`${maxInFlight} requests are being served, which is the bound`, 1);
    request.principal = authenticate(keyRing, credentialsOf(request));
  });
}

/** The headers as gRPC services take them; `x-api-key` stands for a Bearer key. */
function credentialsOf({ headers }: FastifyRequest): Headers {
  const credentials = new Headers();
  const apiKey = headers['x-api-key'];
  const authorization = headers.authorization ?? (typeof apiKey === 'string' ? `Bearer ${apiKey}` : undefined);
  if (authorization !== undefined) credentials.set('authorization', authorization);
  const endCaller = headers[END_CALLER_HEADER];
  if (typeof endCaller === 'string') credentials.set(END_CALLER_HEADER, endCaller);
  return credentials;
}

function registerRoutes(app: FastifyInstance, options: GatewayOptions): void {
  const routes = routesOf(options.backends.keys());
  warmUp(routes.map(({ method }) => method.input));
  for (const route of routes) {
    app.route({
      method: route.verb,
      url: urlOf(route),
      config: { template: route.template },
      onRequest: async (request) => authorize(route.method, principalOf(request)),
      handler: (request, reply) => transcode(route, options, request, reply),
    });
  }
  const openApi = openApiOf(routes);
  app.get(OPENAPI_PATH, { config: { template: OPENAPI_PATH } }, async () => openApi);
  refuseOtherMethods(app, [...routes.map((route) => [urlOf(route), route.verb] as const), [OPENAPI_PATH, 'GET']]);
}

/** The path as the router takes it: a parameter per field segment, named by its place. */
function urlOf(route: Route): string {
  let place = 0;
  return `/${route.segments.map((segment) => (segment.kind === 'literal' ? segment.text : `:${place++}`)).join('/')}`;
}

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];

function refuseOtherMethods(app: FastifyInstance, served: readonly (readonly [string, HTTPMethods])[]): void {
  for (const url of new Set(served.map(([path]) => path))) {
    const verbs = served.filter(([path]) => path === url).map(([, verb]) => verb);
    const allowed = verbs.flatMap((verb) => (verb === 'GET' ? ['GET', 'HEAD'] : [verb]));
    const refuse = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
      sendProblem(request, reply, wrongMethod(request.method, allowed));
    const method = METHODS.filter((candidate) => !allowed.includes(candidate));
    app.route({ method, url, onRequest: refuse, handler: refuse });
  }
}

async function transcode(
  route: Route,
  options: GatewayOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const transport = options.backends.get(route.method.parent);
  if (transport === undefined) throw new ConnectError('no service answers this', Code.Unimplemented);
  const message = toRequest(route, {
    segments: Object.values(request.params as Record<string, string>),
    query: new URL(request.url, 'http://gateway').searchParams,
    body: typeof request.body === 'string' ? request.body : null,
    idempotencyKey: headerText(request.headers['idempotency-key']),
  });
  const caller = effective(principalOf(request));
  const answer = await transport.unary(
    route.method,
    abortedWith(reply),
    options.deadlineMs,
    { [END_CALLER_HEADER]: formatIdentity(caller) },
    message,
  );
  return toAnswer(route.method.output, answer.message);
}

/** Aborts when the caller hangs up before its answer. */
function abortedWith(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

function principalOf(request: FastifyRequest): Principal {
  if (request.principal === null) throw new ConnectError('an API key is required', Code.Unauthenticated);
  return request.principal;
}

function headerText(header: string | string[] | undefined): string | null {
  return typeof header === 'string' ? header : null;
}

function templateOf(request: FastifyRequest): string {
  return request.routeOptions.config?.template ?? 'none';
}

const NO_SUCH_PATH: ProblemKind = {
  kind: 'not-found',
  title: 'Not found',
  status: 404,
  detail: `there is no such path; ${OPENAPI_PATH} lists them`,
};

function wrongMethod(method: string, allowed: readonly string[]): ProblemKind {
  const allow = allowed.join(', ');
  const detail = `${method} is not served here; ${allow} is`;
  return { kind: 'method-not-allowed', title: 'Method not allowed', status: 405, detail, headers: { allow } };
}

/** What the HTTP layer itself refuses, by Fastify's status. */
function httpProblem(error: FastifyError): ProblemKind | null {
  switch (error.statusCode) {
    case 413:
      return { kind: 'too-large', title: 'Too large', status: 413, detail: 'the body is larger than is taken' };
    case 415:
      return {
        kind: 'unsupported-media-type',
        title: 'Unsupported media type',
        status: 415,
        detail: 'the body must be application/json',
      };
    case 400:
    case 408:
    case 414:
    case 431:
      return { kind: 'bad-request', title: 'Bad request', status: error.statusCode, detail: error.message };
    default:
      return null;
  }
}

function sendError(
  scope: ServiceScope,
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const problem = (error instanceof ConnectError ? null : httpProblem(error)) ?? problemOf(error);
  if (problem.status >= 500) {
    const { principal } = request;
    scope.log.error({
      event: 'request-failed',
      requestId: request.id,
      route: templateOf(request),
      status: problem.status,
      caller: principal?.id,
      endCaller: principal?.endCaller?.id,
      cause: error,
    });
  }
  return sendProblem(request, reply, problem);
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: ProblemKind): FastifyReply {
  return reply
    .code(problem.status)
    .headers(problem.headers ?? {})
    .type(PROBLEM_CONTENT_TYPE)
    .send(Buffer.from(JSON.stringify(problemBody(problem, request.id))));
}
