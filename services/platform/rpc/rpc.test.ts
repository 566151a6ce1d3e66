import { connect } from 'node:net';
import { Code, ConnectError, type ConnectRouter, createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Health, HealthCheckResponse_ServingStatus as Status } from '../../../gen/grpc/health/v1/health_pb.ts';
import { FeatureService } from '../../../gen/pde/features/v1/feature_service_pb.ts';
import { OperationsService } from '../../../gen/pde/operations/v1/operations_service_pb.ts';
import { Role } from '../../../gen/pde/options/v1/options_pb.ts';
import { createKey, createKeyRing } from '../auth/key-ring.ts';
import type { Principal } from '../auth/principal.ts';
import { createScope, type OwnedScope } from '../lifecycle/scope.ts';
import { callerOf, onward } from './caller.ts';
import { createRpcClient, createRpcTransport } from './client.ts';
import { isTransientRpcError } from './errors.ts';
import { createHotTransport } from './hot-transport.ts';
import { createRpcServer, type RpcServer, type RpcServerOptions } from './server.ts';
import { violationsOf } from './validation.ts';

const operator = createKey('ops', [Role.OPERATOR]);
const client = createKey('acme', [Role.CLIENT]);
const service = createKey('gateway', [Role.SERVICE]);
const keyRing = createKeyRing([operator.record, client.record, service.record]);

const owned: OwnedScope[] = [];
function newScope(): OwnedScope {
  const made = createScope({ name: 'test' });
  owned.push(made);
  return made;
}
async function releaseScopes(): Promise<void> {
  for (const scope of owned.splice(0).reverse()) {
    scope.stop(new Error('test over'));
    await scope.release(2_000);
  }
}

function serve(services: (router: ConnectRouter) => void, o: Partial<RpcServerOptions> = {}): Promise<RpcServer> {
  return createRpcServer({ scope: newScope().scope, keyRing, services, drainMs: 1_000, ...o });
}

async function failure(call: Promise<unknown>): Promise<ConnectError> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConnectError);
  return error as ConnectError;
}

const until = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));

const transports: readonly [string, (url: string, apiKey: string) => Transport][] = [
  [
    'connect-node gRPC',
    (url, apiKey) => createRpcTransport({ url, apiKey, deadlineMs: 5_000, scope: newScope().scope }),
  ],
  ['grpc-js', (url, apiKey) => createHotTransport({ url, apiKey, deadlineMs: 5_000, scope: newScope().scope })],
];

describe.each(transports)('a call over %s', (_, transportTo) => {
  afterEach(releaseScopes);

  it('is answered, with headers and the caller known to the handler', async () => {
    let caller: Principal | null = null;
    const server = await serve((router) =>
      router.service(OperationsService, {
        getPosition: (request, context) => {
          caller = callerOf(context);
          context.responseHeader.set('x-seen', 'yes');
          return { service: request.verify ? 'verified' : 'counted' };
        },
      }),
    );
    const seen: string[] = [];
    const answer = await createClient(OperationsService, transportTo(server.url, operator.key)).getPosition(
      { verify: true },
      { onHeader: (headers) => seen.push(headers.get('x-seen') ?? '') },
    );
    expect(answer.service).toBe('verified');
    expect(seen).toEqual(['yes']);
    expect(caller).toEqual({ id: 'ops', roles: [Role.OPERATOR], endCaller: null });
  });

  it('is refused without a known key, and without the role, naming the roles', async () => {
    const server = await serve((router) => router.service(OperationsService, { getPosition: () => ({}) }));
    const unknown = await failure(createClient(OperationsService, transportTo(server.url, 'pde_x')).getPosition({}));
    expect([unknown.code, unknown.rawMessage]).toEqual([Code.Unauthenticated, 'the API key is not known']);
    const denied = await failure(createClient(OperationsService, transportTo(server.url, client.key)).getPosition({}));
    expect([denied.code, denied.rawMessage]).toEqual([
      Code.PermissionDenied,
      'acme may not call GetPosition: it needs one of the roles OPERATOR, AUDITOR',
    ]);
  });

  it('is refused naming every bad field, its value and its bound', async () => {
    const server = await serve((router) => router.service(OperationsService, { listDeadLetters: () => ({}) }));
    const error = await failure(
      createClient(OperationsService, transportTo(server.url, operator.key)).listDeadLetters({
        pageSize: 501,
        reason: 'x'.repeat(65),
      }),
    );
    expect(error.code).toBe(Code.InvalidArgument);
    expect(violationsOf(error)).toEqual([
      { field: 'page_size', message: expect.stringMatching(/500.*\(it is 501\)/) },
      { field: 'reason', message: expect.stringContaining('64') },
    ]);
    expect(error.rawMessage).toContain('page_size');
  });

  it('never shows the value of a field that holds personal data', async () => {
    const server = await serve((router) => router.service(FeatureService, { getFeatures: () => ({}) }));
    const error = await failure(
      createClient(FeatureService, transportTo(server.url, client.key)).getFeatures({ customerId: 'Jane Doe' }),
    );
    expect(error.rawMessage).toContain('customer_id');
    expect(error.rawMessage).not.toContain('Jane');
  });

  it('carries codes both ways, and nothing of an unexpected cause', async () => {
    const server = await serve((router) =>
      router.service(OperationsService, {
        getDeadLetter: () => {
          throw new ConnectError('no such dead letter', Code.NotFound);
        },
        getPosition: () => {
          throw new Error('password is hunter2');
        },
      }),
    );
    const calls = createClient(OperationsService, transportTo(server.url, operator.key));
    const id = '2e26ff43-98fc-5732-95db-1b0fcfdbe07e';
    const missing = await failure(calls.getDeadLetter({ deadLetterId: id }));
    expect([missing.code, missing.rawMessage]).toEqual([Code.NotFound, 'no such dead letter']);
    const broken = await failure(calls.getPosition({}));
    expect([broken.code, broken.rawMessage]).toEqual([Code.Internal, 'internal error']);
    const absent = await failure(calls.replayDeadLetter({ deadLetterId: id }));
    expect(absent.code).toBe(Code.Unimplemented);
  });

  it('ends at its deadline on both sides', async () => {
    const ended = Promise.withResolvers<unknown>();
    const server = await serve((router) =>
      router.service(OperationsService, {
        getPosition: (_request, { signal }) =>
          until(signal).catch((reason) => {
            ended.resolve(reason);
            throw reason;
          }),
      }),
    );
    const calls = createClient(OperationsService, transportTo(server.url, operator.key));
    const error = await failure(calls.getPosition({}, { timeoutMs: 50 }));
    expect(error.code).toBe(Code.DeadlineExceeded);
    expect(isTransientRpcError(error)).toBe(true);
    expect(await ended.promise).toBeInstanceOf(ConnectError);
  });

  it('is cancelled by the caller’s signal', async () => {
    const begun = Promise.withResolvers<void>();
    const server = await serve((router) =>
      router.service(OperationsService, {
        getPosition: (_request, { signal }) => {
          begun.resolve();
          return until(signal);
        },
      }),
    );
    const controller = new AbortController();
    const call = createClient(OperationsService, transportTo(server.url, operator.key)).getPosition(
      {},
      { signal: controller.signal },
    );
    const failed = failure(call);
    await begun.promise;
    controller.abort();
    expect((await failed).code).toBe(Code.Canceled);
  });

  it('is bounded in size both ways', async () => {
    const server = await serve(
      (router) => router.service(OperationsService, { getPosition: () => ({ service: 'x'.repeat(4_096) }) }),
      { maxMessageBytes: 2_048 },
    );
    const calls = createClient(OperationsService, transportTo(server.url, operator.key));
    expect((await failure(calls.getPosition({}))).code).toBe(Code.ResourceExhausted);
    const long = await failure(calls.listDeadLetters({ pageToken: 'x'.repeat(4_096) }));
    expect(long.code).toBe(Code.ResourceExhausted);
  });

  it('is UNAVAILABLE where nobody listens', async () => {
    const server = await serve(() => undefined);
    await releaseScopes();
    const error = await failure(createClient(OperationsService, transportTo(server.url, operator.key)).getPosition({}));
    expect(error.code).toBe(Code.Unavailable);
    expect(isTransientRpcError(error)).toBe(true);
  });
});

describe('a server', () => {
  afterEach(releaseScopes);
  const post = (url: string) => ({ baseUrl: url, httpVersion: '2' as const });

  it.each([
    ['gRPC', createGrpcTransport],
    ['gRPC-web', createGrpcWebTransport],
    ['Connect', createConnectTransport],
  ])('answers %s', async (_, make) => {
    const server = await serve((router) =>
      router.service(OperationsService, { getPosition: () => ({ service: 's' }) }),
    );
    const calls = createClient(OperationsService, make(post(server.url)));
    const headers = { authorization: `bearer ${operator.key}` };
    expect((await calls.getPosition({}, { headers })).service).toBe('s');
    expect((await failure(calls.getPosition({}))).code).toBe(Code.Unauthenticated);
  });

  it('gives a call without a deadline its default, and cuts a longer one to the maximum', async () => {
    const left: (number | undefined)[] = [];
    const server = await serve(
      (router) =>
        router.service(OperationsService, {
          getPosition: (_request, context) => {
            left.push(context.timeoutMs());
            return {};
          },
        }),
      { defaultDeadlineMs: 2_000, maxDeadlineMs: 3_000 },
    );
    const headers = { authorization: `Bearer ${operator.key}` };
    for (const make of [createGrpcTransport, createConnectTransport]) {
      const calls = createClient(OperationsService, make(post(server.url)));
      await calls.getPosition({}, { headers });
      await calls.getPosition({}, { headers, timeoutMs: 3_600_000 });
      await calls.getPosition({}, { headers, timeoutMs: 500 });
    }
    const within = (low: number, high: number) => (ms: number | undefined) =>
      ms !== undefined && ms > low && ms <= high;
    expect([left[0], left[3]].every(within(1_000, 2_000))).toBe(true);
    expect([left[1], left[4]].every(within(2_000, 3_000))).toBe(true);
    expect([left[2], left[5]].every(within(0, 500))).toBe(true);
  });

  it('answers RESOURCE_EXHAUSTED with retry-after beyond its bound of calls in flight', async () => {
    const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const server = await serve(
      (router) =>
        router.service(OperationsService, {
          getPosition: async () => {
            begun.resolve();
            await go.promise;
            return {};
          },
        }),
      { maxInFlight: 1 },
    );
    const first = createRpcClient(OperationsService, { url: server.url, apiKey: operator.key, deadlineMs: 5_000 });
    const second = createRpcClient(OperationsService, { url: server.url, apiKey: operator.key, deadlineMs: 5_000 });
    const held = first.getPosition({});
    await begun.promise;
    const error = await failure(second.getPosition({}));
    expect([error.code, error.metadata.get('retry-after')]).toEqual([Code.ResourceExhausted, '1']);
    go.resolve();
    await held;
    await second.getPosition({});
  });

  it('lets a method without access roles be called by nobody', async () => {
    const bare = { ...OperationsService.method.getPosition, proto: { ...OperationsService.method.getPosition.proto } };
    Reflect.deleteProperty(bare.proto, 'options');
    const server = await serve((router) => router.rpc(bare, () => ({})));
    const error = await failure(
      createRpcClient(OperationsService, { url: server.url, apiKey: operator.key, deadlineMs: 5_000 }).getPosition({}),
    );
    expect([error.code, error.rawMessage]).toEqual([
      Code.PermissionDenied,
      'ops may not call GetPosition: nobody may call it',
    ]);
  });

  it('serves health without a key, by the scope’s readiness', async () => {
    const scope = newScope();
    let problem: string | null = null;
    scope.scope.readiness('peer', () => problem);
    const server = await serve((router) => router.service(OperationsService, {}), { scope: scope.scope });
    const health = createClient(Health, createGrpcTransport(post(server.url)));
    expect((await health.check({})).status).toBe(Status.SERVING);
    expect((await health.check({ service: OperationsService.typeName })).status).toBe(Status.SERVING);
    expect((await failure(health.check({ service: 'nope' }))).code).toBe(Code.NotFound);
    const told: Status[] = [];
    for await (const { status } of health.watch({})) {
      told.push(status);
      problem = 'away';
      if (told.length === 2) break;
    }
    expect(told).toEqual([Status.SERVING, Status.NOT_SERVING]);
    expect(Object.keys((await health.list({})).statuses)).toEqual(['', OperationsService.typeName]);
  });

  it('lets open calls end when it closes, and takes no new ones', async () => {
    const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const scope = newScope();
    const server = await serve(
      (router) =>
        router.service(OperationsService, {
          getPosition: async () => {
            begun.resolve();
            await go.promise;
            return { service: 'finished' };
          },
        }),
      { scope: scope.scope },
    );
    const calls = createRpcClient(OperationsService, { url: server.url, apiKey: operator.key, deadlineMs: 5_000 });
    const open = calls.getPosition({});
    await begun.promise;
    scope.stop(new Error('stopping'));
    const released = scope.release(2_000);
    expect((await failure(calls.getPosition({}))).code).toBe(Code.Unavailable);
    go.resolve();
    expect((await open).service).toBe('finished');
    expect(await released).toBe(true);
  });

  it.each([
    ['ends calls that outlast the drain', (signal: AbortSignal) => until(signal), true],
    ['destroys connections whose handlers do not end', () => new Promise<never>(() => undefined), false],
  ])('%s, which their callers see as UNAVAILABLE', async (_, handle, clean) => {
    const begun = Promise.withResolvers<void>();
    const scope = newScope();
    const server = await serve(
      (router) =>
        router.service(OperationsService, {
          getPosition: (_request, { signal }) => {
            begun.resolve();
            return handle(signal);
          },
        }),
      { scope: scope.scope, drainMs: 50 },
    );
    const calls = createRpcClient(OperationsService, { url: server.url, apiKey: operator.key, deadlineMs: 60_000 });
    const open = failure(calls.getPosition({}));
    await begun.promise;
    expect(await scope.release(2_000)).toBe(clean);
    expect((await open).code).toBe(Code.Unavailable);
  });

  it('survives bytes that are no HTTP/2', async () => {
    const server = await serve((router) => router.service(OperationsService, { getPosition: () => ({}) }));
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n\r\n'));
      socket
        .on('close', () => resolve())
        .on('error', () => undefined)
        .resume();
    });
    const calls = createRpcClient(OperationsService, { url: server.url, apiKey: operator.key, deadlineMs: 5_000 });
    await calls.getPosition({});
  });

  it('counts calls by method and code', async () => {
    const scope = newScope();
    const server = await serve((router) => router.service(OperationsService, { getPosition: () => ({}) }), {
      scope: scope.scope,
    });
    const options = { url: server.url, deadlineMs: 5_000 };
    await createRpcClient(OperationsService, { ...options, apiKey: operator.key }).getPosition({});
    await failure(createRpcClient(OperationsService, { ...options, apiKey: client.key }).getPosition({}));
    const text = await scope.scope.metrics.text();
    const method = 'method="pde.operations.v1.OperationsService/GetPosition"';
    expect(text).toContain(`rpc_server_calls_total{${method},code="ok",service="test"} 1`);
    expect(text).toContain(`rpc_server_calls_total{${method},code="permission_denied",service="test"} 1`);
  });
});

describe('the end caller', () => {
  afterEach(releaseScopes);
  let behind: RpcServer;
  let seen: Principal | null;
  beforeAll(() => {
    seen = null;
  });
  afterAll(releaseScopes);

  async function serveBehind(): Promise<void> {
    behind = await serve((router) =>
      router.service(OperationsService, {
        getPosition: (_request, context) => {
          seen = callerOf(context);
          return { service: String(context.timeoutMs()) };
        },
        listDeadLetters: (_request, context) => {
          throw new ConnectError(`no ${callerOf(context).id}`, Code.NotFound);
        },
      }),
    );
  }

  it('is honoured from a service, and decides what the service may do for it', async () => {
    await serveBehind();
    const calls = createRpcClient(OperationsService, { url: behind.url, apiKey: service.key, deadlineMs: 5_000 });
    await calls.getPosition({}, { headers: { 'pde-end-caller': 'ops;OPERATOR' } });
    expect(seen).toEqual({ id: 'gateway', roles: [Role.SERVICE], endCaller: { id: 'ops', roles: [Role.OPERATOR] } });
    const denied = await failure(calls.getPosition({}, { headers: { 'pde-end-caller': 'acme;CLIENT' } }));
    expect(denied.rawMessage).toContain('acme may not call GetPosition');
    const malformed = await failure(calls.getPosition({}, { headers: { 'pde-end-caller': 'acme' } }));
    expect(malformed.code).toBe(Code.InvalidArgument);
  });

  it('is refused from anybody else', async () => {
    await serveBehind();
    const calls = createRpcClient(OperationsService, { url: behind.url, apiKey: client.key, deadlineMs: 5_000 });
    const error = await failure(calls.getPosition({}, { headers: { 'pde-end-caller': 'ops;OPERATOR' } }));
    expect(error.code).toBe(Code.PermissionDenied);
  });

  it('goes onward with the rest of the deadline, and a peer’s refusal of us is not told as ours of the caller', async () => {
    await serveBehind();
    const onwards = createRpcClient(OperationsService, { url: behind.url, apiKey: service.key, deadlineMs: 5_000 });
    const strangers = createRpcClient(OperationsService, { url: behind.url, apiKey: 'pde_wrong', deadlineMs: 5_000 });
    const front = await serve((router) =>
      router.service(OperationsService, {
        getPosition: (request, context) => onwards.getPosition(request, onward(context)),
        listDeadLetters: (request, context) => onwards.listDeadLetters(request, onward(context)),
        getDeadLetter: (request, context) => strangers.getDeadLetter(request, onward(context)),
      }),
    );
    const calls = createRpcClient(OperationsService, { url: front.url, apiKey: operator.key, deadlineMs: 5_000 });
    const leftMs = Number((await calls.getPosition({}, { timeoutMs: 1_000 })).service);
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(1_000);
    expect(seen?.endCaller).toEqual({ id: 'ops', roles: [Role.OPERATOR] });
    expect((await failure(calls.listDeadLetters({}))).code).toBe(Code.NotFound);
    const refused = await failure(calls.getDeadLetter({ deadLetterId: '2e26ff43-98fc-5732-95db-1b0fcfdbe07e' }));
    expect([refused.code, refused.rawMessage]).toEqual([Code.Internal, 'internal error']);
  });
});
