import { Code, ConnectError } from '@connectrpc/connect';
import { afterEach, describe, expect, it } from 'vitest';
import { OperationsService } from '../../../gen/pde/operations/v1/operations_service_pb.ts';
import { Role } from '../../../gen/pde/options/v1/options_pb.ts';
import type { Principal } from '../auth/principal.ts';
import { createRpcHarness, failure } from '../testing/rpc.ts';
import { callerOf, onward } from './caller.ts';
import { createRpcClient } from './client.ts';
import type { RpcServer } from './server.ts';

const harness = createRpcHarness();
const { keys } = harness;
afterEach(harness.release);

describe('the end caller', () => {
  let behind: RpcServer;
  let seen: Principal | null = null;

  async function serveBehind(): Promise<void> {
    behind = await harness.serve((router) =>
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
    const calls = createRpcClient(OperationsService, { url: behind.url, apiKey: keys.service, deadlineMs: 5_000 });
    await calls.getPosition({}, { headers: { 'pde-end-caller': 'ops;OPERATOR' } });
    expect(seen).toEqual({ id: 'gateway', roles: [Role.SERVICE], endCaller: { id: 'ops', roles: [Role.OPERATOR] } });
    const denied = await failure(calls.getPosition({}, { headers: { 'pde-end-caller': 'acme;CLIENT' } }));
    expect(denied.rawMessage).toContain('acme may not call GetPosition');
    const malformed = await failure(calls.getPosition({}, { headers: { 'pde-end-caller': 'acme' } }));
    expect(malformed.code).toBe(Code.InvalidArgument);
  });

  it('is refused from anybody else', async () => {
    await serveBehind();
    const calls = createRpcClient(OperationsService, { url: behind.url, apiKey: keys.client, deadlineMs: 5_000 });
    const error = await failure(calls.getPosition({}, { headers: { 'pde-end-caller': 'ops;OPERATOR' } }));
    expect(error.code).toBe(Code.PermissionDenied);
  });

  it('goes onward with the rest of the deadline, and a peer’s refusal of us is not told as ours of the caller', async () => {
    await serveBehind();
    const onwards = createRpcClient(OperationsService, { url: behind.url, apiKey: keys.service, deadlineMs: 5_000 });
    const strangers = createRpcClient(OperationsService, { url: behind.url, apiKey: 'pde_wrong', deadlineMs: 5_000 });
    const front = await harness.serve((router) =>
      router.service(OperationsService, {
        getPosition: (request, context) => onwards.getPosition(request, onward(context)),
        listDeadLetters: (request, context) => onwards.listDeadLetters(request, onward(context)),
        getDeadLetter: (request, context) => strangers.getDeadLetter(request, onward(context)),
      }),
    );
    const calls = createRpcClient(OperationsService, { url: front.url, apiKey: keys.operator, deadlineMs: 5_000 });
    const leftMs = Number((await calls.getPosition({}, { timeoutMs: 1_000 })).service);
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(1_000);
    expect(seen?.endCaller).toEqual({ id: 'ops', roles: [Role.OPERATOR] });
    expect((await failure(calls.listDeadLetters({}))).code).toBe(Code.NotFound);
    const refused = await failure(calls.getDeadLetter({ deadLetterId: '2e26ff43-98fc-5732-95db-1b0fcfdbe07e' }));
    expect([refused.code, refused.rawMessage]).toEqual([Code.Internal, 'internal error']);
  });
});
