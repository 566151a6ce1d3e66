/** The OpenAPI 3.1 description, from the same routes that are served: there is no second list to keep in step. */
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { roleName } from '../platform/auth/roles.ts';
import { PROBLEM_CONTENT_TYPE } from './problem.ts';
import { type FieldPath, nameOf, type Route } from './routes.ts';
import { createSchemaSet, requiredFields, type Schema, type SchemaSet } from './schema.ts';
import { IDEMPOTENCY_FIELD, isTextual } from './transcode.ts';

/** Statuses that any route may answer, with their meaning. */
const PROBLEMS: Readonly<Record<string, string>> = {
  400: 'The request is not valid; violations name the fields and their bounds',
  401: 'There is no API key, or it is not known',
  403: 'The API key has none of the roles that are needed',
  404: 'There is no such thing',
  429: 'Too many requests; come again after Retry-After seconds',
  500: 'Internal error',
  503: 'The service that answers is not available; come again after Retry-After seconds',
  504: 'The answer did not come in time',
};

const BODY_PROBLEMS: Readonly<Record<string, string>> = {
  413: 'The body is too large',
  415: 'The body is not application/json',
};

/** The document. */
export function openApiOf(routes: readonly Route[]): Schema {
  const set = createSchemaSet();
  const paths: Record<string, Schema> = {};
  for (const route of routes) {
    paths[route.template] = { ...paths[route.template], [route.verb.toLowerCase()]: operationOf(set, route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Pre-Delinquency Engine',
      version: 'v1',
      description:
        'Derived from the RPC contract. Field names are in snake_case; 64-bit integers and numbers that are not finite are strings.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { apiKey: [] }],
    paths,
    components: {
      schemas: { ...sorted(set.schemas), Problem: PROBLEM_SCHEMA },
      responses: problemResponses(),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'authorization: Bearer <API key>' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
    },
  };
}

function operationOf(set: SchemaSet, route: Route): Schema {
  const { method } = route;
  const hasBody = route.body !== 'none';
  const problems = Object.keys({ ...PROBLEMS, ...(hasBody ? BODY_PROBLEMS : {}) });
  return {
    operationId: `${method.parent.name}_${method.name}`,
    tags: [method.parent.name],
    description: `Roles: ${route.roles.map(roleName).join(', ')}.`,
    parameters: parametersOf(set, route),
    ...(hasBody ? { requestBody: requestBodyOf(set, route) } : {}),
    responses: {
      200: { description: 'The answer', content: { 'application/json': { schema: set.ref(method.output, 'answer') } } },
      ...Object.fromEntries(problems.map((status) => [status, { $ref: `#/components/responses/Problem${status}` }])),
    },
  };
}

function requestBodyOf(set: SchemaSet, route: Route): Schema {
  const schema =
    typeof route.body === 'object' ? set.field(route.body, 'request') : set.ref(route.method.input, 'request');
  return { required: true, content: { 'application/json': { schema } } };
}

function parametersOf(set: SchemaSet, route: Route): Schema[] {
  const bound = route.segments.flatMap((segment) => (segment.kind === 'field' ? [segment.path] : []));
  const inPath = bound.map((path) => ({
    name: nameOf(path),
    in: 'path',
    required: true,
    schema: set.field(path.at(-1)!, 'request'),
  }));
  const required = requiredFields(route.method.input);
  const inQuery = queryPaths(route, bound).map((path) => ({
    name: nameOf(path),
    in: 'query',
    required: path.length === 1 && required.includes(path[0]!.name),
    schema: set.field(path.at(-1)!, 'request'),
  }));
  const idempotency = idempotencyField(route.method.input);
  const inHeader =
    idempotency === null
      ? []
      : [{ name: 'Idempotency-Key', in: 'header', required: false, schema: set.field(idempotency, 'request') }];
  return [...inPath, ...inQuery, ...inHeader];
}

function queryPaths(route: Route, bound: readonly FieldPath[]): FieldPath[] {
  if (route.body === 'message') return [];
  const taken = new Set(bound.map(nameOf));
  const leaves = (message: DescMessage, before: FieldPath): FieldPath[] =>
    message.fields.flatMap((field) => {
      const path = [...before, field];
      if (taken.has(nameOf(path)) || field === route.body || field.fieldKind === 'map') return [];
      if (field.message === undefined || isTextual(field.message)) return [path];
      return field.fieldKind === 'message' ? leaves(field.message, path) : [];
    });
  return leaves(route.method.input, []);
}

/** The field that the header fills: in the message, or in the elements of a batch. */
function idempotencyField(message: DescMessage): DescField | null {
  const lists = message.fields.flatMap((field) => (field.fieldKind === 'list' && field.message ? [field.message] : []));
  for (const candidate of [message, ...lists]) {
    const field = candidate.fields.find(({ name }) => name === IDEMPOTENCY_FIELD);
    if (field !== undefined) return field;
  }
  return null;
}

function problemResponses(): Schema {
  const content = { [PROBLEM_CONTENT_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } };
  const headersOf = (status: string): Schema =>
    status === '429' || status === '503'
      ? { headers: { 'Retry-After': { description: 'seconds', schema: { type: 'integer', minimum: 0 } } } }
      : {};
  const entries = Object.entries({ ...PROBLEMS, ...BODY_PROBLEMS }).map(
    ([status, description]) => [`Problem${status}`, { description, ...headersOf(status), content }] as const,
  );
  return Object.fromEntries(entries);
}

const PROBLEM_SCHEMA: Schema = {
  description: 'RFC 9457 problem details',
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'instance'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', format: 'uri' },
    violations: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'message'],
        properties: {
          field: { type: 'string', description: 'Path of the field; empty for the request as a whole' },
          message: { type: 'string' },
        },
      },
    },
  },
};

function sorted(schemas: Readonly<Record<string, Schema>>): Record<string, Schema> {
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
}
