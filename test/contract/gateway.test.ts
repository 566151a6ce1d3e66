/** The REST interface equals the contract: every HTTP rule is a route, every route an HTTP rule, and openapi.json lists them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type DescMethod, type DescService, getOption, hasOption } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { http } from '../../gen/google/api/annotations_pb.ts';
import { Role } from '../../gen/pde/options/v1/options_pb.ts';
import { BACKENDS } from '../../services/gateway/backends.ts';
import { routesOf } from '../../services/gateway/routes.ts';
import { serveGateway } from '../../services/gateway/server.ts';
import { createKey, createKeyRing } from '../../services/platform/auth/key-ring.ts';
import { createScope } from '../../services/platform/lifecycle/scope.ts';
import { createRpcTransport } from '../../services/platform/rpc/client.ts';

const key = createKey('reader', [Role.AUDITOR]);
const owned = createScope({ name: 'gateway' });
const services = Object.values(BACKENDS).map(({ service }) => service);

let url: string;
let openApi: OpenApi;

interface OpenApi {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, Schema>; readonly responses: Record<string, unknown> };
}
interface Operation {
  readonly operationId: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: unknown;
  }[];
  readonly responses: Record<string, unknown>;
}
interface Schema {
  readonly properties?: Record<string, unknown>;
  readonly required?: readonly string[];
}

beforeAll(async () => {
  const transport = createRpcTransport({
    url: 'http://127.0.0.1:9',
    apiKey: 'none',
    deadlineMs: 1_000,
    scope: owned.scope,
  });
  const backends = new Map(services.map((service): [DescService, typeof transport] => [service, transport]));
  const keyRing = createKeyRing([key.record]);
  const bounds = { deadlineMs: 1_000, maxBodyBytes: 1_048_576, maxInFlight: 16 };
  ({ url } = await serveGateway({ scope: owned.scope, host: '127.0.0.1', port: 0, keyRing, backends, ...bounds }));
  const answer = await fetch(`${url}/openapi.json`, { headers: { 'x-api-key': key.key } });
  openApi = (await answer.json()) as OpenApi;
});

afterAll(async () => {
  owned.stop(new Error('test over'));
  await owned.release(2_000);
});

/** Every HTTP rule of the whole contract, as "VERB /path". */
async function contractRoutes(): Promise<string[]> {
  const methods = (await servicesOfContract()).flatMap((service) => service.methods);
  return methods.filter((method) => hasOption(method, http)).flatMap(rulesOf);
}

async function servicesOfContract(): Promise<DescService[]> {
  const root = join(import.meta.dirname, '..', '..', 'gen', 'pde');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('_service_pb.ts'),
  );
  const modules: object[] = await Promise.all(files.map((name) => import(join(root, name))));
  return modules.flatMap((module) => Object.values(module)).filter((exported) => exported?.kind === 'service');
}

function rulesOf(method: DescMethod): string[] {
  const rule = getOption(method, http);
  return [rule, ...rule.additionalBindings].map(
    ({ pattern }) => `${pattern.case?.toUpperCase()} ${String(pattern.value)}`,
  );
}

describe('the REST interface', () => {
  it('has a route for every HTTP rule of the contract, and no other', async () => {
    const served = routesOf(services).map(({ verb, template }) => `${verb} ${template}`);
    expect(served.sort()).toEqual((await contractRoutes()).sort());
    expect(served).toEqual([
      'GET /customer/{customer_id}/history',
      'GET /high_risk_customers',
      'GET /stats',
      'POST /batch_predict',
      'POST /predict',
    ]);
  });

  it('answers on every one of them', async () => {
    for (const { verb, template } of routesOf(services)) {
      const answer = await fetch(`${url}${template.replace(/\{[^}]+\}/g, 'c-1')}`, { method: verb });
      expect([verb, template, answer.status]).toEqual([verb, template, 401]);
      const known = await fetch(`${url}${template.replace(/\{[^}]+\}/g, 'c-1')}`, {
        method: verb,
        headers: { 'x-api-key': key.key },
      });
      expect([403, 503]).toContain(known.status);
    }
  });

  it('is described by openapi.json, exactly', async () => {
    expect(openApi.openapi).toBe('3.1.0');
    const listed = Object.entries(openApi.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((verb) => `${verb.toUpperCase()} ${path}`),
    );
    expect(listed.sort()).toEqual((await contractRoutes()).sort());
  });
});

describe('openapi.json', () => {
  const predict = (): Operation => openApi.paths['/predict']!.post!;

  it('gives bounds, required fields and the statuses that each path may answer', () => {
    expect(openApi.components.schemas['pde.scoring.v1.PredictRequest.Input']).toEqual({
      type: 'object',
      properties: {
        customer_id: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,64}$' },
        idempotency_key: { type: 'string', pattern: '^[A-Za-z0-9._:-]{8,128}$' },
        observation_time: {
          type: 'string',
          format: 'date-time',
          description: 'from 1990-01-01T00:00:00.000Z, before 2200-01-01T00:00:00.000Z',
        },
      },
      required: ['customer_id'],
      additionalProperties: false,
    });
    expect(Object.keys(predict().responses)).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '413',
      '415',
      '429',
      '500',
      '503',
      '504',
    ]);
    expect(predict().parameters).toEqual([
      {
        name: 'Idempotency-Key',
        in: 'header',
        required: false,
        schema: { type: 'string', pattern: '^[A-Za-z0-9._:-]{8,128}$' },
      },
    ]);
    const history = openApi.paths['/customer/{customer_id}/history']!.get!;
    expect(history.parameters.map((parameter) => [parameter.name, parameter.in, parameter.required])).toEqual([
      ['customer_id', 'path', true],
      ['page_size', 'query', false],
      ['page_token', 'query', false],
    ]);
    expect(history.parameters[1]!.schema).toMatchObject({ type: 'integer', minimum: 0, maximum: 500 });
  });

  it('has every schema and response that it refers to', () => {
    const refs = [...JSON.stringify(openApi).matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g)];
    expect(refs.length).toBeGreaterThan(0);
    for (const [, kind, name] of refs) {
      const known = kind === 'schemas' ? openApi.components.schemas : openApi.components.responses;
      expect(Object.keys(known)).toContain(name);
    }
  });

  it('says that answers always hold the fields without presence', () => {
    expect(openApi.components.schemas['pde.scoring.v1.Prediction']!.required).toContain('probability');
    expect(openApi.components.schemas['pde.scoring.v1.Prediction']!.required).not.toContain('observation_time');
  });
});
