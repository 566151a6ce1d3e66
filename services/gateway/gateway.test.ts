/** Real HTTP against a real RPC server: hand-written peers stand for the services behind. */
import { type DescService, toJson } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type ConnectRouter, type Transport } from '@connectrpc/connect';
import { afterEach, describe, expect, it } from 'vitest';
import { FeatureService } from '../../gen/pde/features/v1/feature_service_pb.ts';
import {
  type GetCustomerHistoryRequest,
  InterventionService,
} from '../../gen/pde/interventions/v1/intervention_service_pb.ts';
import { Role } from '../../gen/pde/options/v1/options_pb.ts';
import { RiskLevel } from '../../gen/pde/scoring/v1/prediction_pb.ts';
import {
  type BatchPredictRequest,
  BatchPredictRequestSchema,
  type ListHighRiskCustomersRequest,
  type PredictRequest,
  ScoringService,
} from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { createKey, createKeyRing } from '../platform/auth/key-ring.ts';
import type { Principal } from '../platform/auth/principal.ts';
import { createScope, type OwnedScope } from '../platform/lifecycle/scope.ts';
import { callerOf } from '../platform/rpc/caller.ts';
import { createRpcTransport } from '../platform/rpc/client.ts';
import { overloaded } from '../platform/rpc/errors.ts';
import { createRpcServer } from '../platform/rpc/server.ts';
import { type GatewayOptions, serveGateway } from './server.ts';

const client = createKey('acme', [Role.CLIENT]);
const operator = createKey('ops', [Role.OPERATOR]);
const service = createKey('gateway', [Role.SERVICE]);
const keyRing = createKeyRing([client.record, operator.record, service.record]);

const scopes: OwnedScope[] = [];
function newScope(): OwnedScope {
  const owned = createScope({ name: 'test' });
  scopes.push(owned);
  return owned;
}
afterEach(async () => {
  for (const owned of scopes.splice(0).reverse()) {
    owned.stop(new Error('test over'));
    await owned.release(2_000);
  }
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, unknown>;
}
type Call = (path: string, init?: RequestInit & { key?: string | null }) => Promise<Answer>;

/** A gateway before a real RPC server with these peers; answers a caller with the client's key. */
async function gatewayTo(
  peers: (router: ConnectRouter) => void,
  o: Partial<GatewayOptions> & { apiKey?: string } = {},
): Promise<Call> {
  const behind = await createRpcServer({ scope: newScope().scope, keyRing, services: peers, drainMs: 500 });
  const { scope } = newScope();
  const transport = createRpcTransport({ url: behind.url, apiKey: o.apiKey ?? service.key, deadlineMs: 5_000, scope });
  const backends = new Map<DescService, Transport>(
    [ScoringService, InterventionService, FeatureService].map((backend) => [backend, transport]),
  );
  const defaults = { host: '127.0.0.1', port: 0, deadlineMs: 5_000, maxBodyBytes: 1_048_576, maxInFlight: 16 };
  const { url } = await serveGateway({ scope, keyRing, backends, ...defaults, ...o });
  return async (path, { key = client.key, ...init } = {}) => {
    const headers = new Headers(init.headers);
    if (key !== null) headers.set('authorization', `Bearer ${key}`);
    const response = await fetch(`${url}${path}`, { ...init, headers });
    const text = await response.text();
    return { status: response.status, headers: response.headers, json: text === '' ? {} : JSON.parse(text) };
  };
}

const json = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const KEY = 'order-12345678';
const fails = (code: Code, message: string) => (router: ConnectRouter) =>
  router.service(ScoringService, {
    predict: () => {
      throw new ConnectError(message, code);
    },
  });
const predict = (call: Call) => call('/predict', json({ customer_id: 'c-1', idempotency_key: KEY }));

describe('a request', () => {
  it('is transcoded from body, path, query and header, and the answer to snake_case JSON with every field', async () => {
    let seen: PredictRequest | null = null;
    const call = await gatewayTo((router) =>
      router.service(ScoringService, {
        predict: (request) => {
          seen = request;
          return {
            prediction: {
              customerId: request.customerId,
              probability: Number.NaN,
              ledgerPosition: 7n,
              riskLevel: RiskLevel.LOW,
            },
          };
        },
      }),
    );
    const answer = await call(
      '/predict',
      json({ customer_id: 'c-1', observation_time: '2026-01-31T12:00:00Z' }, { 'idempotency-key': KEY }),
    );
    expect(seen).toMatchObject({
      customerId: 'c-1',
      idempotencyKey: KEY,
      observationTime: timestampFromMs(Date.UTC(2026, 0, 31, 12)),
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.json.prediction).toMatchObject({
      customer_id: 'c-1',
      probability: 'NaN',
      ledger_position: '7',
      risk_level: 'RISK_LEVEL_LOW',
      top_reasons: [],
      risk_score: 0,
      model_name: '',
    });
  });

  it('binds path segments and query parameters', async () => {
    let history: GetCustomerHistoryRequest | null = null;
    const listed: ListHighRiskCustomersRequest[] = [];
    const call = await gatewayTo((router) => {
      router.service(InterventionService, {
        getCustomerHistory: (request) => {
          history = request;
          return { customerId: request.customerId };
        },
        getStats: () => ({ decisions: 9n, decisionsByLevel: { HIGH: 2n } }),
      });
      router.service(ScoringService, {
        listHighRiskCustomers: (request) => {
          listed.push(request);
          return {};
        },
      });
    });
    expect((await call('/customer/c%2D1/history?page_size=5&page_token=a%20b')).json).toEqual({
      customer_id: 'c-1',
      decisions: [],
      next_page_token: '',
    });
    expect(history).toMatchObject({ customerId: 'c-1', pageSize: 5, pageToken: 'a b' });
    for (const level of ['RISK_LEVEL_CRITICAL', 'CRITICAL', '4'])
      await call(`/high_risk_customers?min_risk_level=${level}`);
    expect(listed.map((request) => request.minRiskLevel)).toEqual(Array(3).fill(RiskLevel.CRITICAL));
    expect((await call('/stats')).json).toMatchObject({
      decisions: '9',
      decisions_by_level: { HIGH: '2' },
      customers_by_level: {},
    });
  });

  it('brings the idempotency key of its header to each entry of a batch, unless the entry has its own', async () => {
    let seen: BatchPredictRequest | null = null;
    const call = await gatewayTo((router) =>
      router.service(ScoringService, {
        batchPredict: (request) => {
          seen = request;
          return {};
        },
      }),
    );
    const body = { requests: [{ customer_id: 'c-1' }, { customer_id: 'c-2', idempotency_key: 'mine-12345678' }] };
    await call('/batch_predict', json(body, { 'idempotency-key': KEY }));
    expect(toJson(BatchPredictRequestSchema, seen!)).toMatchObject({
      requests: [{ idempotencyKey: KEY }, { idempotencyKey: 'mine-12345678' }],
    });
  });

  it('goes on with the gateway’s key and the caller’s identity', async () => {
    let caller: Principal | null = null;
    const call = await gatewayTo((router) =>
      router.service(InterventionService, {
        getStats: (_request, context) => {
          caller = callerOf(context);
          return {};
        },
      }),
    );
    await call('/stats', { key: null, headers: { 'x-api-key': client.key } });
    expect(caller).toEqual({ id: 'gateway', roles: [Role.SERVICE], endCaller: { id: 'acme', roles: [Role.CLIENT] } });
  });

  it('that its caller gives up is cancelled behind', async () => {
    const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const call = await gatewayTo((router) =>
      router.service(InterventionService, {
        getStats: (_request, { signal }) => {
          signal.addEventListener('abort', () => ended.resolve());
          begun.resolve();
          return new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        },
      }),
    );
    const controller = new AbortController();
    const given = call('/stats', { signal: controller.signal }).catch(() => 'gone');
    await begun.promise;
    controller.abort();
    await ended.promise;
    expect(await given).toBe('gone');
  });
});

describe('a problem', () => {
  const idle = (router: ConnectRouter) => router.service(ScoringService, { predict: () => ({}) });

  it('is an RFC 9457 document that says which answer it is', async () => {
    const { status, headers, json: body } = await predict(await gatewayTo(fails(Code.NotFound, 'customer not known')));
    expect(status).toBe(404);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(body).toEqual({
      type: 'urn:pde:problem:not-found',
      title: 'Not found',
      status: 404,
      detail: 'customer not known',
      instance: `urn:uuid:${headers.get('x-request-id')}`,
    });
  });

  it.each([
    ['no JSON', '{"customer_id": ', [{ field: '', message: expect.stringContaining('is not JSON') }]],
    ['no object', '[1]', [{ field: '', message: 'the body must be a JSON object' }]],
    [
      'an unknown field, and a value of a wrong kind',
      { customer_id: 5, idempotency_key: KEY, custmer: 'x' },
      [
        { field: 'customer_id', message: 'has a value of the wrong kind' },
        { field: 'custmer', message: 'is not a field of the request' },
      ],
    ],
    [
      'a time that is none',
      { customer_id: 'c-1', idempotency_key: KEY, observation_time: 'yesterday' },
      [{ field: 'observation_time', message: expect.stringContaining('RFC 3339') }],
    ],
    [
      'values out of bounds',
      { customer_id: 'c 1', idempotency_key: 'short', observation_time: '1970-01-01T00:00:00Z' },
      [
        { field: 'customer_id', message: expect.stringContaining('^[A-Za-z0-9._-]{1,64}$') },
        { field: 'idempotency_key', message: expect.stringContaining('(it is "short")') },
        { field: 'observation_time', message: expect.stringContaining('1990-01-01') },
      ],
    ],
    [
      'nothing',
      '',
      [
        { field: 'customer_id', message: expect.any(String) },
        { field: 'idempotency_key', message: expect.any(String) },
      ],
    ],
  ])('400 names the field: %s', async (_, body, violations) => {
    const call = await gatewayTo(idle);
    const answer = await call('/predict', json(body));
    expect(answer).toMatchObject({ status: 400, json: { type: 'urn:pde:problem:invalid-argument', violations } });
  });

  it('400 names the entry of a batch, the query parameter, the path segment', async () => {
    const call = await gatewayTo(idle);
    const batch = await call(
      '/batch_predict',
      json({
        requests: [
          { customer_id: 'a', idempotency_key: KEY },
          { customer_id: 'b', x: 1 },
        ],
      }),
    );
    expect(batch.json.violations).toEqual([{ field: 'requests[1].x', message: 'is not a field of the request' }]);
    const query = await call('/high_risk_customers?page_size=501&min_risk_level=5&nope=1');
    expect(query).toMatchObject({ status: 400, json: { violations: [{ field: 'nope' }] } });
    const bounds = await call('/high_risk_customers?page_size=501&min_risk_level=9');
    expect(bounds.json.violations).toEqual([
      { field: 'min_risk_level', message: expect.stringContaining('(it is 9)') },
      { field: 'page_size', message: expect.stringContaining('(it is 501)') },
    ]);
    const word = await call('/high_risk_customers?min_risk_level=dire&page_size=x');
    expect(word.json.violations).toEqual([
      { field: 'min_risk_level', message: expect.stringContaining('RISK_LEVEL_HIGH') },
      { field: 'page_size', message: expect.any(String) },
    ]);
    expect((await call('/high_risk_customers?page_size=1&page_size=2')).status).toBe(400);
    expect((await call('/customer/a%20b/history')).json).toMatchObject({
      status: 400,
      violations: [{ field: 'customer_id' }],
    });
    expect((await call(`/customer/${'x'.repeat(500)}/history`)).status).toBe(400);
    expect((await call('/customer/a/history?customer_id=b')).status).toBe(400);
    expect((await call('/predict?customer_id=b', json({ customer_id: 'a', idempotency_key: KEY }))).status).toBe(400);
    expect((await call('/customer/%E0%A4%A/history')).status).toBe(400);
  });

  it('401 asks for a key, on every path, known or not', async () => {
    const call = await gatewayTo(idle);
    for (const path of ['/stats', '/openapi.json', '/nowhere', '/']) {
      const answer = await call(path, { key: null });
      expect(answer).toMatchObject({ status: 401, json: { type: 'urn:pde:problem:unauthenticated' } });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="pde"');
    }
    expect((await call('/stats', { key: 'pde_unknown' })).status).toBe(401);
    expect((await call('/predict', { ...json('{'), key: null })).status).toBe(401);
  });

  it('403 names the roles that a key lacks, before anything is called', async () => {
    const call = await gatewayTo(fails(Code.Internal, 'called'));
    const answer = await call('/predict', { ...json({ customer_id: 'c-1', idempotency_key: KEY }), key: operator.key });
    expect(answer).toMatchObject({
      status: 403,
      json: { detail: 'ops may not call Predict: it needs one of the roles CLIENT, OFFICER' },
    });
    expect((await call('/stats', { key: client.key, headers: { 'pde-end-caller': 'boss;OPERATOR' } })).status).toBe(
      403,
    );
  });

  it('404 for an unknown path, 405 with Allow for a wrong method', async () => {
    const call = await gatewayTo(idle);
    expect(await call('/nowhere')).toMatchObject({ status: 404, json: { type: 'urn:pde:problem:not-found' } });
    for (const [path, method, allow] of [
      ['/predict', 'GET', 'POST'],
      ['/predict', 'PUT', 'POST'],
      ['/stats', 'DELETE', 'GET, HEAD'],
      ['/customer/c-1/history', 'POST', 'GET, HEAD'],
      ['/openapi.json', 'PATCH', 'GET, HEAD'],
    ] as const) {
      const answer = await call(path, { method });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
    }
  });

  it('413 for a body that is too large, 415 for one that is not JSON', async () => {
    const call = await gatewayTo(idle, { maxBodyBytes: 1_024 });
    expect(await call('/predict', json('x'.repeat(1_025)))).toMatchObject({
      status: 413,
      json: { type: 'urn:pde:problem:too-large' },
    });
    const form = await call('/predict', { method: 'POST', body: new URLSearchParams({ customer_id: 'c-1' }) });
    expect(form).toMatchObject({ status: 415, json: { detail: 'the body must be application/json' } });
  });

  it('429 says when to come again: from a service, and beyond the gateway’s own bound', async () => {
    const begun = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const call = await gatewayTo(
      (router) => {
        router.service(ScoringService, {
          predict: () => {
            throw overloaded('full', 7);
          },
        });
        router.service(InterventionService, {
          getStats: async () => {
            begun.resolve();
            await go.promise;
            return {};
          },
        });
      },
      { maxInFlight: 1 },
    );
    const refused = await predict(call);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '7']);
    const held = call('/stats');
    await begun.promise;
    const beyond = await call('/stats');
    expect([beyond.status, beyond.headers.get('retry-after')]).toEqual([429, '1']);
    go.resolve();
    expect((await held).status).toBe(200);
    expect((await call('/stats')).status).toBe(200);
  });

  it('503 with Retry-After where a service is away, and nothing of where it would be', async () => {
    const call = await gatewayTo(idle);
    const behind = scopes[0]!;
    behind.stop(new Error('away'));
    await behind.release(2_000);
    const answer = await predict(call);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(JSON.stringify(answer.json)).not.toContain('127.0.0.1');
  });

  it('504 where a service is too slow', async () => {
    const call = await gatewayTo(
      (router) =>
        router.service(ScoringService, {
          predict: (_request, { signal }) =>
            new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        }),
      { deadlineMs: 50 },
    );
    expect((await predict(call)).status).toBe(504);
  });

  it('500 says nothing of the cause: a broken service, or one that refuses the gateway itself', async () => {
    const broken = await predict(await gatewayTo(fails(Code.Internal, 'password is hunter2')));
    expect(broken).toMatchObject({ status: 500, json: { detail: 'internal error' } });
    const refused = await predict(await gatewayTo(idle, { apiKey: 'pde_wrong' }));
    expect(refused).toMatchObject({ status: 500, json: { type: 'urn:pde:problem:internal' } });
  });

  it.each([
    [Code.FailedPrecondition, 400],
    [Code.OutOfRange, 400],
    [Code.AlreadyExists, 409],
    [Code.Aborted, 409],
    [Code.Unimplemented, 501],
  ])('code %i is status %i', async (code, status) => {
    expect(await predict(await gatewayTo(fails(code, 'why')))).toMatchObject({ status, json: { detail: 'why' } });
  });
});

describe('shutting down', () => {
  it('answers what is in flight and takes nothing more', async () => {
    const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const call = await gatewayTo((router) =>
      router.service(InterventionService, {
        getStats: async () => {
          begun.resolve();
          await go.promise;
          return { decisions: 1n };
        },
      }),
    );
    const held = call('/stats');
    await begun.promise;
    const gateway = scopes[1]!;
    gateway.stop(new Error('stopping'));
    const released = gateway.release(2_000);
    await expect(call('/stats')).rejects.toThrow();
    go.resolve();
    expect(await held).toMatchObject({ status: 200, json: { decisions: '1' } });
    expect(await released).toBe(true);
  });
});
