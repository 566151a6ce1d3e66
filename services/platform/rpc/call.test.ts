import { Code, ConnectError, type ConnectRouter, createClient, type Transport } from '@connectrpc/connect';
import { afterEach, describe, expect, it } from 'vitest';
import { FeatureService } from '../../../gen/pde/features/v1/feature_service_pb.ts';
import { OperationsService } from '../../../gen/pde/operations/v1/operations_service_pb.ts';
import { Role } from '../../../gen/pde/options/v1/options_pb.ts';
import type { Principal } from '../auth/principal.ts';
import { createRpcHarness, end, failure, untilAborted } from '../testing/rpc.ts';
import { callerOf } from './caller.ts';
import { createRpcTransport } from './client.ts';
import { isTransientRpcError } from './errors.ts';
import { createHotTransport } from './hot-transport.ts';
import { violationsOf } from './validation.ts';

const harness = createRpcHarness();
const { keys } = harness;
afterEach(harness.release);

const transports: readonly [string, (url: string, apiKey: string) => Transport][] = [
  [
    'connect-node gRPC',
    (url, apiKey) => createRpcTransport({ url, apiKey, deadlineMs: 5_000, scope: harness.scope().scope }),
  ],
  ['grpc-js', (url, apiKey) => createHotTransport({ url, apiKey, deadlineMs: 5_000, scope: harness.scope().scope })],
];

describe.each(transports)('a call over %s', (_, transportTo) => {
  it('is answered, with headers and the caller known to the handler', async () => {
    let caller: Principal | null = null;
    const server = await harness.serve((router) =>
      router.service(OperationsService, {
        getPosition: (request, context) => {
          caller = callerOf(context);
          context.responseHeader.set('x-seen', 'yes');
          return { service: request.verify ? 'verified' : 'counted' };
        },
      }),
    );
    const seen: string[] = [];
    const answer = await createClient(OperationsService, transportTo(server.url, keys.operator)).getPosition(
      { verify: true },
      { onHeader: (headers) => seen.push(headers.get('x-seen') ?? '') },
    );
    expect(answer.service).toBe('verified');
    expect(seen).toEqual(['yes']);
    expect(caller).toEqual({ id: 'ops', roles: [Role.OPERATOR], endCaller: null });
  });

  it('is refused without a known key, and without the role, naming the roles', async () => {
    const server = await harness.serve((router) => router.service(OperationsService, { getPosition: () => ({}) }));
    const unknown = await failure(createClient(OperationsService, transportTo(server.url, 'pde_x')).getPosition({}));
    expect([unknown.code, unknown.rawMessage]).toEqual([Code.Unauthenticated, 'the API key is not known']);
    const denied = await failure(createClient(OperationsService, transportTo(server.url, keys.client)).getPosition({}));
    expect([denied.code, denied.rawMessage]).toEqual([
      Code.PermissionDenied,
      'acme may not call GetPosition: it needs one of the roles OPERATOR, AUDITOR',
    ]);
  });

  it('is refused naming every bad field, its value and its bound', async () => {
    const server = await harness.serve((router) => router.service(OperationsService, { listDeadLetters: () => ({}) }));
    const error = await failure(
      createClient(OperationsService, transportTo(server.url, keys.operator)).listDeadLetters({
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
    const server = await harness.serve((router) => router.service(FeatureService, { getFeatures: () => ({}) }));
    const error = await failure(
      createClient(FeatureService, transportTo(server.url, keys.client)).getFeatures({ customerId: 'Jane Doe' }),
    );
    expect(error.rawMessage).toContain('customer_id');
    expect(error.rawMessage).not.toContain('Jane');
  });

  it('carries codes both ways, and nothing of an unexpected cause', async () => {
    const server = await harness.serve((router) =>
      router.service(OperationsService, {
        getDeadLetter: () => {
          throw new ConnectError('no such dead letter', Code.NotFound);
        },
        getPosition: () => {
          throw new Error('password is hunter2');
        },
      }),
    );
    const calls = createClient(OperationsService, transportTo(server.url, keys.operator));
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
    const server = await harness.serve((router) =>
      router.service(OperationsService, {
        getPosition: (_request, { signal }) =>
          untilAborted(signal).catch((reason) => {
            ended.resolve(reason);
            throw reason;
          }),
      }),
    );
    const calls = createClient(OperationsService, transportTo(server.url, keys.operator));
    const error = await failure(calls.getPosition({}, { timeoutMs: 500 }));
    expect(error.code).toBe(Code.DeadlineExceeded);
    expect(isTransientRpcError(error)).toBe(true);
    expect(await ended.promise).toBeInstanceOf(ConnectError);
  });

  it('is cancelled by the caller’s signal', async () => {
    const begun = Promise.withResolvers<void>();
    const server = await harness.serve((router) =>
      router.service(OperationsService, {
        getPosition: (_request, { signal }) => {
          begun.resolve();
          return untilAborted(signal);
        },
      }),
    );
    const controller = new AbortController();
    const call = createClient(OperationsService, transportTo(server.url, keys.operator)).getPosition(
      {},
      { signal: controller.signal },
    );
    const failed = failure(call);
    await begun.promise;
    controller.abort();
    expect((await failed).code).toBe(Code.Canceled);
  });

  it('is bounded in size both ways', async () => {
    const server = await harness.serve(
      (router) => router.service(OperationsService, { getPosition: () => ({ service: 'x'.repeat(4_096) }) }),
      { maxMessageBytes: 2_048 },
    );
    const calls = createClient(OperationsService, transportTo(server.url, keys.operator));
    expect((await failure(calls.getPosition({}))).code).toBe(Code.ResourceExhausted);
    const long = await failure(calls.listDeadLetters({ pageToken: 'x'.repeat(4_096) }));
    expect(long.code).toBe(Code.ResourceExhausted);
  });

  it('is UNAVAILABLE where nobody listens', async () => {
    const server = await harness.serve(() => undefined);
    await harness.release();
    const error = await failure(
      createClient(OperationsService, transportTo(server.url, keys.operator)).getPosition({}),
    );
    expect(error.code).toBe(Code.Unavailable);
    expect(isTransientRpcError(error)).toBe(true);
  });

  it('finds its server again after a restart', async () => {
    const answer = (router: ConnectRouter) =>
      router.service(OperationsService, { getPosition: () => ({ service: 'up' }) });
    const first = harness.scope();
    const { port, url } = await harness.serve(answer, { scope: first.scope });
    const calls = createClient(OperationsService, transportTo(url, keys.operator));
    await calls.getPosition({});
    expect(await end(first)).toBe(true);
    expect((await failure(calls.getPosition({}))).code).toBe(Code.Unavailable);
    await harness.serve(answer, { port });
    const again = () => calls.getPosition({}).catch(() => ({ service: 'down' }));
    await expect.poll(again, { timeout: 5_000 }).toMatchObject({ service: 'up' });
  });
});
