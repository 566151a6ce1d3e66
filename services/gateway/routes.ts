/**
 * Routes are the methods with a `(google.api.http)` rule, and no others. Of its syntax we take plain segments and
 * `{field}` of one segment; a rule that says more is refused at start, not served wrongly.
 */
import {
  type DescField,
  type DescMessage,
  type DescMethod,
  type DescMethodUnary,
  type DescService,
  getOption,
  hasOption,
} from '@bufbuild/protobuf';
import { http } from '../../gen/google/api/annotations_pb.ts';
import type { HttpRule } from '../../gen/google/api/http_pb.ts';
import type { Role } from '../../gen/pde/options/v1/options_pb.ts';
import { rolesOf } from '../platform/rpc/access.ts';

export type Verb = 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH';

export interface Route {
  readonly verb: Verb;
  /** Path as the contract writes it, for instance "/customer/{customer_id}/history". */
  readonly template: string;
  readonly segments: readonly Segment[];
  /** Where the request body goes: the whole message, one field, or there is none. */
  readonly body: 'message' | 'none' | DescField;
  readonly method: DescMethodUnary;
  readonly roles: readonly Role[];
}

export type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'field'; readonly path: FieldPath };

/** A field of the request, possibly nested; never empty. */
export type FieldPath = readonly DescField[];

/** @throws Error naming the method whose rule cannot be served. */
export function routesOf(services: Iterable<DescService>): readonly Route[] {
  return [...services].flatMap((service) => service.methods.flatMap(routesOfMethod));
}

/** The field that a dotted name means, or null. */
export function fieldPathOf(message: DescMessage, name: string): FieldPath | null {
  const path: DescField[] = [];
  let at: DescMessage | undefined = message;
  for (const part of name.split('.')) {
    const field: DescField | undefined = at?.fields.find(
      ({ name: proto, jsonName }) => part === proto || part === jsonName,
    );
    if (field === undefined) return null;
    path.push(field);
    at = field.fieldKind === 'message' ? field.message : undefined;
  }
  return path;
}

/** The dotted contract name of a path. */
export function nameOf(path: FieldPath): string {
  return path.map((field) => field.name).join('.');
}

function routesOfMethod(method: DescMethod): Route[] {
  if (!hasOption(method, http)) return [];
  const rule = getOption(method, http);
  return [rule, ...rule.additionalBindings].map((binding) => {
    if (!isUnary(method)) throw unservable(method, 'it is a stream');
    return routeOf(method, binding);
  });
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === 'unary';
}

function routeOf(method: DescMethodUnary, rule: HttpRule): Route {
  const { pattern } = rule;
  if (pattern.case === undefined || pattern.case === 'custom') throw unservable(method, 'it names no HTTP method');
  if (rule.responseBody !== '') throw unservable(method, 'response_body is not supported');
  return {
    verb: pattern.case.toUpperCase() as Verb,
    template: pattern.value,
    segments: segmentsOf(method, pattern.value),
    body: bodyOf(method, rule.body),
    method,
    roles: rolesOf(method),
  };
}

function segmentsOf(method: DescMethodUnary, template: string): Segment[] {
  if (!template.startsWith('/')) throw unservable(method, `its path ${template} does not begin with /`);
  return template
    .slice(1)
    .split('/')
    .map((text) => {
      const name = /^\{([A-Za-z0-9_.]+)(=\*)?\}$/.exec(text)?.[1];
      if (name === undefined) {
        if (!/^[A-Za-z0-9_.~-]+$/.test(text))
          throw unservable(method, `its path segment ${JSON.stringify(text)} is not supported`);
        return { kind: 'literal', text };
      }
      const path = fieldPathOf(method.input, name);
      if (path?.at(-1)?.fieldKind !== 'scalar') throw unservable(method, `{${name}} is no scalar field of its request`);
      return { kind: 'field', path };
    });
}

function bodyOf(method: DescMethodUnary, body: string): Route['body'] {
  if (body === '') return 'none';
  if (body === '*') return 'message';
  const field = method.input.fields.find(({ name }) => name === body);
  if (field === undefined) throw unservable(method, `body ${body} is no field of its request`);
  return field;
}

function unservable(method: DescMethod, why: string): Error {
  return new Error(`${method.parent.typeName}.${method.name} cannot be served over HTTP: ${why}`);
}
