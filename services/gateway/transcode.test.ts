import { toJson } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterEach, describe, expect, it } from 'vitest';
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
import type { Principal } from '../platform/auth/principal.ts';
import { callerOf } from '../platform/rpc/caller.ts';
import { createGatewayHarness, json } from './testing.ts';

const harness = createGatewayHarness();
const { keys } = harness;
afterEach(harness.release);

const KEY = 'order-12345678';

describe('a request', () => {
  it('is transcoded from body, path, query and header, and the answer to snake_case JSON with every field', async () => {
    let seen: PredictRequest | null = null;
    const { call } = await harness.gateway((router) =>
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
    const { call } = await harness.gateway((router) => {
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
    const { call } = await harness.gateway((router) =>
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
    const { call } = await harness.gateway((router) =>
      router.service(InterventionService, {
        getStats: (_request, context) => {
          caller = callerOf(context);
          return {};
        },
      }),
    );
    await call('/stats', { key: null, headers: { 'x-api-key': keys.client } });
    expect(caller).toEqual({ id: 'gateway', roles: [Role.SERVICE], endCaller: { id: 'acme', roles: [Role.CLIENT] } });
  });

  it('that its caller gives up is cancelled behind', async () => {
    const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { call } = await harness.gateway((router) =>
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
