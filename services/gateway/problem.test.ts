import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import { afterEach, describe, expect, it } from 'vitest';
import { InterventionService } from '../../gen/pde/interventions/v1/intervention_service_pb.ts';
import { ScoringService } from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { overloaded } from '../platform/rpc/errors.ts';
import { end } from '../platform/testing/rpc.ts';
import { type Call, createGatewayHarness, json } from './testing.ts';

const harness = createGatewayHarness();
const { keys } = harness;
afterEach(harness.release);

const KEY = 'order-12345678';

const fails = (code: Code, message: string) => (router: ConnectRouter) =>
  router.service(ScoringService, {
    predict: () => {
      throw new ConnectError(message, code);
    },
  });
const predictAt = async (...gateway: Parameters<typeof harness.gateway>) =>
  predict((await harness.gateway(...gateway)).call);
const predict = (call: Call) => call('/predict', json({ customer_id: 'c-1', idempotency_key: KEY }));

describe('a problem', () => {
  const idle = (router: ConnectRouter) => router.service(ScoringService, { predict: () => ({}) });

  it('is an RFC 9457 document that says which answer it is', async () => {
    const { status, headers, json: body } = await predictAt(fails(Code.NotFound, 'customer not known'));
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
    const { call } = await harness.gateway(idle);
    const answer = await call('/predict', json(body));
    expect(answer).toMatchObject({ status: 400, json: { type: 'urn:pde:problem:invalid-argument', violations } });
  });

  it('400 names the entry of a batch, the query parameter, the path segment', async () => {
    const { call } = await harness.gateway(idle);
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
    const { call } = await harness.gateway(idle);
    for (const path of ['/stats', '/openapi.json', '/nowhere', '/']) {
      const answer = await call(path, { key: null });
      expect(answer).toMatchObject({ status: 401, json: { type: 'urn:pde:problem:unauthenticated' } });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="pde"');
    }
    expect((await call('/stats', { key: 'pde_unknown' })).status).toBe(401);
    expect((await call('/predict', { ...json('{'), key: null })).status).toBe(401);
  });

  it('403 names the roles that a key lacks, before anything is called', async () => {
    const { call } = await harness.gateway(fails(Code.Internal, 'called'));
    const answer = await call('/predict', {
      ...json({ customer_id: 'c-1', idempotency_key: KEY }),
      key: keys.operator,
    });
    expect(answer).toMatchObject({
      status: 403,
      json: { detail: 'ops may not call Predict: it needs one of the roles CLIENT, OFFICER' },
    });
    expect((await call('/stats', { key: keys.client, headers: { 'pde-end-caller': 'boss;OPERATOR' } })).status).toBe(
      403,
    );
  });

  it('404 for an unknown path, 405 with Allow for a wrong method', async () => {
    const { call } = await harness.gateway(idle);
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
    const { call } = await harness.gateway(idle, { maxBodyBytes: 1_024 });
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
    const { call } = await harness.gateway(
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
    const { call, behind } = await harness.gateway(idle);
    await end(behind);
    const answer = await predict(call);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(JSON.stringify(answer.json)).not.toContain('127.0.0.1');
  });

  it('504 where a service is too slow', async () => {
    const { call } = await harness.gateway(
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
    const broken = await predictAt(fails(Code.Internal, 'password is hunter2'));
    expect(broken).toMatchObject({ status: 500, json: { detail: 'internal error' } });
    const refused = await predictAt(idle, { apiKey: 'pde_wrong' });
    expect(refused).toMatchObject({ status: 500, json: { type: 'urn:pde:problem:internal' } });
  });

  it.each([
    [Code.FailedPrecondition, 400],
    [Code.OutOfRange, 400],
    [Code.AlreadyExists, 409],
    [Code.Aborted, 409],
    [Code.Unimplemented, 501],
  ])('code %i is status %i', async (code, status) => {
    expect(await predictAt(fails(code, 'why'))).toMatchObject({
      status,
      json: { detail: 'why' },
    });
  });
});
