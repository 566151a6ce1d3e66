/** HTTP <-> RPC by the method's HTTP rule (google/api/http.proto). Names in JSON are the contract's, in snake_case. */
import {
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type Message,
  type MessageShape,
  ScalarType,
  toJson,
} from '@bufbuild/protobuf';
import { type FieldViolation, invalidField, invalidFields, validate } from '../platform/rpc/validation.ts';
import { readJson } from './read-json.ts';
import { type FieldPath, fieldPathOf, nameOf, type Route } from './routes.ts';

/** What a request brings, as text. */
export interface HttpInput {
  /** Values of the route's field segments, in order, decoded. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  /** Null where there is none. */
  readonly body: string | null;
  /** Header Idempotency-Key. */
  readonly idempotencyKey: string | null;
}

/** Field that the header Idempotency-Key fills where the body leaves it out. */
export const IDEMPOTENCY_FIELD = 'idempotency_key';

/**
 * The request message, held to the contract's rules.
 *
 * @throws ConnectError INVALID_ARGUMENT with a violation per bad field, query parameter or path segment.
 */
export function toRequest(route: Route, input: HttpInput): Message {
  const desc = route.method.input;
  const json = bodyJson(route, input.body);
  const bound = route.segments.flatMap((segment) => (segment.kind === 'field' ? [segment.path] : []));
  for (const [index, path] of bound.entries()) setOnce(json, path, scalarJson(path, input.segments[index] ?? ''));
  readQuery(route, input.query, bound, json);
  if (input.idempotencyKey !== null) fillIdempotencyKey(desc, json, input.idempotencyKey);
  const message = readJson(desc, json);
  validate(desc, message);
  return message;
}

/** The answer as JSON: every field without presence is there, NaN and 64-bit integers are strings (ProtoJSON). */
export function toAnswer<Desc extends DescMessage>(desc: Desc, message: MessageShape<Desc>): JsonValue {
  return toJson(desc, message, { useProtoFieldName: true, alwaysEmitImplicit: true });
}

function bodyJson(route: Route, body: string | null): JsonObject {
  if (route.body === 'none') return {};
  const parsed = body === null || body.trim() === '' ? {} : parseJson(body);
  if (route.body !== 'message') return { [route.body.name]: parsed };
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  throw invalidField('', 'the body must be a JSON object');
}

function parseJson(text: string): JsonValue {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalidField('', `the body is not JSON: ${error instanceof Error ? error.message : 'cannot be parsed'}`);
  }
}

function readQuery(route: Route, query: URLSearchParams, bound: readonly FieldPath[], json: JsonObject): void {
  const violations: FieldViolation[] = [];
  for (const name of new Set(query.keys())) {
    const path = route.body === 'message' ? null : fieldPathOf(route.method.input, name);
    const problem = queryProblem(route, path, bound, query.getAll(name));
    if (problem !== null || path === null) violations.push({ field: name, message: problem ?? 'cannot be read' });
    else setOnce(json, path, queryJson(path, query.getAll(name)));
  }
  if (violations.length > 0) throw invalidFields(violations);
}

function queryProblem(
  route: Route,
  path: FieldPath | null,
  bound: readonly FieldPath[],
  values: readonly string[],
): string | null {
  const leaf = path?.at(-1);
  const isBound = path !== null && bound.some((other) => nameOf(other) === nameOf(path));
  if (path === null || leaf === undefined || isBound || path[0] === route.body)
    return 'is not a query parameter of this path';
  if (leaf.fieldKind === 'map' || (leaf.message !== undefined && !isTextual(leaf.message)))
    return 'cannot be given in a query';
  if (leaf.fieldKind !== 'list' && values.length > 1) return `is given ${values.length} times, and may be once`;
  return null;
}

/** True for well-known messages whose JSON is one string or number. */
export function isTextual(message: DescMessage): boolean {
  return (
    /^google\.protobuf\.(Timestamp|Duration|FieldMask|\w+Value)$/.test(message.typeName) &&
    message.typeName !== 'google.protobuf.ListValue'
  );
}

function queryJson(path: FieldPath, values: readonly string[]): JsonValue {
  const read = (text: string): JsonValue => scalarJson(path, text);
  return path.at(-1)!.fieldKind === 'list' ? values.map(read) : read(values[0]!);
}

/** Text as the JSON that the field takes: booleans and enum names need help, all else is read from text by ProtoJSON. */
function scalarJson(path: FieldPath, text: string): JsonValue {
  const field = path.at(-1)!;
  if (field.enum !== undefined) return enumJson(field.enum.values, field.enum.sharedPrefix ?? '', text);
  const isBool = field.scalar === ScalarType.BOOL || field.message?.typeName === 'google.protobuf.BoolValue';
  return isBool && (text === 'true' || text === 'false') ? text === 'true' : text;
}

/** An enum value by full name, by name without the enum's prefix ("HIGH"), or by number. */
function enumJson(values: readonly { readonly name: string }[], sharedPrefix: string, text: string): JsonValue {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const full = sharedPrefix.toUpperCase() + text;
  return values.some(({ name }) => name === full) ? full : text;
}

function setOnce(json: JsonObject, path: FieldPath, value: JsonValue): void {
  let at = json;
  for (const field of path.slice(0, -1)) {
    const inner = at[field.name] ?? {};
    if (typeof inner !== 'object' || Array.isArray(inner)) throw invalidField(nameOf(path), 'is given twice');
    at[field.name] = inner;
    at = inner;
  }
  const { name, jsonName } = path.at(-1)!;
  if (at[name] !== undefined || at[jsonName] !== undefined) throw invalidField(nameOf(path), 'is given twice');
  at[name] = value;
}

/** Into the message itself, and into each element of a batch; what the body says stands. */
function fillIdempotencyKey(desc: DescMessage, json: JsonObject, key: string): void {
  for (const field of desc.fields) {
    if (field.name === IDEMPOTENCY_FIELD) {
      if (json[field.name] === undefined && json[field.jsonName] === undefined) json[field.name] = key;
    } else if (field.fieldKind === 'list' && field.listKind === 'message') {
      const items = json[field.name] ?? json[field.jsonName];
      if (!Array.isArray(items)) continue;
      for (const item of items) {
        if (typeof item === 'object' && item !== null && !Array.isArray(item))
          fillIdempotencyKey(field.message, item, key);
      }
    }
  }
}
