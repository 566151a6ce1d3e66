import { connect } from 'node:net';
import { Code, createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { afterEach, describe, expect, it } from 'vitest';
import { Health, HealthCheckResponse_ServingStatus as Status } from '../../../gen/grpc/health/v1/health_pb.ts';
import { OperationsService } from '../../../gen/pde/operations/v1/operations_service_pb.ts';
import { createRpcHarness, failure, untilAborted } from '../testing/rpc.ts';
import { createRpcClient } from './client.ts';

const harness = createRpcHarness();
const { keys } = harness;
afterEach(harness.release);

describe('a server', () => {
  const post = (url: string) => ({ baseUrl: url, httpVersion: '2' as const });

  it.each([
    ['gRPC', createGrpcTransport],
    ['gRPC-web', createGrpcWebTransport],
    ['Connect', createConnectTransport],
  ])('answers %s', async (_, make) => {
    const server = await harness.serve((router) =>
      router.service(OperationsService, { getPosition: () => ({ service: 's' }) }),
    );
    const calls = createClient(OperationsService, make(post(server.url)));
    const headers = { authorization: `bearer ${keys.operator}` };
    expect((await calls.getPosition({}, { headers })).service).toBe('s');
    expect((await failure(calls.getPosition({}))).code).toBe(Code.Unauthenticated);
  });

  it('gives a call without a deadline its default, and cuts a longer one to the maximum', async () => {
    const left: (number | undefined)[] = [];
    const server = await harness.serve(
      (router) =>
        router.service(OperationsService, {
          getPosition: (_request, context) => {
            left.push(context.timeoutMs());
            return {};
          },
        }),
      { defaultDeadlineMs: 20_000, maxDeadlineMs: 60_000 },
    );
    const headers = { authorization: `Bearer ${keys.operator}` };
    for (const make of [createGrpcTransport, createConnectTransport]) {
      const calls = createClient(OperationsService, make(post(server.url)));
      await calls.getPosition({}, { headers });
      await calls.getPosition({}, { headers, timeoutMs: 3_600_000 });
      await calls.getPosition({}, { headers, timeoutMs: 9_000 });
    }
    const within = (low: number, high: number) => (ms: number | undefined) =>
      ms !== undefined && ms > low && ms <= high;
    expect([left[0], left[3]].every(within(10_000, 20_000))).toBe(true);
    expect([left[1], left[4]].every(within(30_000, 60_000))).toBe(true);
    expect([left[2], left[5]].every(within(0, 9_000))).toBe(true);
  });

  it('answers RESOURCE_EXHAUSTED with retry-after beyond its bound of calls in flight', async () => {
    const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const server = await harness.serve(
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
    const first = createRpcClient(OperationsService, { url: server.url, apiKey: keys.operator, deadlineMs: 5_000 });
    const second = createRpcClient(OperationsService, { url: server.url, apiKey: keys.operator, deadlineMs: 5_000 });
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
    const server = await harness.serve((router) => router.rpc(bare, () => ({})));
    const error = await failure(
      createRpcClient(OperationsService, { url: server.url, apiKey: keys.operator, deadlineMs: 5_000 }).getPosition({}),
    );
    expect([error.code, error.rawMessage]).toEqual([
      Code.PermissionDenied,
      'ops may not call GetPosition: nobody may call it',
    ]);
  });

  it('serves health without a key, by the scope’s readiness', async () => {
    const scope = harness.scope();
    let problem: string | null = null;
    scope.scope.readiness('peer', () => problem);
    const server = await harness.serve((router) => router.service(OperationsService, {}), { scope: scope.scope });
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
    const scope = harness.scope();
    const server = await harness.serve(
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
    const calls = createRpcClient(OperationsService, { url: server.url, apiKey: keys.operator, deadlineMs: 5_000 });
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
    ['ends calls that outlast the drain', (signal: AbortSignal) => untilAborted(signal), true],
    ['destroys connections whose handlers do not end', () => new Promise<never>(() => undefined), false],
  ])('%s, which their callers see as UNAVAILABLE', async (_, handle, clean) => {
    const begun = Promise.withResolvers<void>();
    const scope = harness.scope();
    const server = await harness.serve(
      (router) =>
        router.service(OperationsService, {
          getPosition: (_request, { signal }) => {
            begun.resolve();
            return handle(signal);
          },
        }),
      { scope: scope.scope, drainMs: 50 },
    );
    const calls = createRpcClient(OperationsService, { url: server.url, apiKey: keys.operator, deadlineMs: 60_000 });
    const open = failure(calls.getPosition({}));
    await begun.promise;
    expect(await scope.release(2_000)).toBe(clean);
    expect((await open).code).toBe(Code.Unavailable);
  });

  it('survives bytes that are no HTTP/2', async () => {
    const server = await harness.serve((router) => router.service(OperationsService, { getPosition: () => ({}) }));
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n\r\n'));
      socket
        .on('close', () => resolve())
        .on('error', () => undefined)
        .resume();
    });
    const calls = createRpcClient(OperationsService, { url: server.url, apiKey: keys.operator, deadlineMs: 5_000 });
    await calls.getPosition({});
  });

  it('counts calls by method and code', async () => {
    const scope = harness.scope();
    const server = await harness.serve((router) => router.service(OperationsService, { getPosition: () => ({}) }), {
      scope: scope.scope,
    });
    const options = { url: server.url, deadlineMs: 5_000 };
    await createRpcClient(OperationsService, { ...options, apiKey: keys.operator }).getPosition({});
    await failure(createRpcClient(OperationsService, { ...options, apiKey: keys.client }).getPosition({}));
    const text = await scope.scope.metrics.text();
    const method = 'method="pde.operations.v1.OperationsService/GetPosition"';
    expect(text).toContain(`rpc_server_calls_total{${method},code="ok",service="test"} 1`);
    expect(text).toContain(`rpc_server_calls_total{${method},code="permission_denied",service="test"} 1`);
  });
});
