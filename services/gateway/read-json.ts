/** JSON -> message, with every problem named by its field. protobuf-es stops at the first and says it in prose. */
import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  type MessageShape,
} from '@bufbuild/protobuf';
import { FieldError } from '@bufbuild/protobuf/reflect';
import { type FieldViolation, invalidFields } from '../platform/rpc/validation.ts';
import { isRedacted } from '../platform/telemetry/redact.ts';

/**
 * Reads a message from JSON, by contract or by JSON name.
 *
 * @throws ConnectError INVALID_ARGUMENT with one violation per unknown field and per value of a wrong kind.
 */
export function readJson<Desc extends DescMessage>(desc: Desc, json: JsonValue): MessageShape<Desc> {
  try {
    return fromJson(desc, json);
  } catch (error) {
    const found = problemsOf(desc, json, '');
    throw invalidFields(found.length > 0 ? found : [{ field: '', message: plain(error) }]);
  }
}

function problemsOf(desc: DescMessage, json: JsonValue, path: string): FieldViolation[] {
  if (!isObject(json)) return [{ field: path, message: 'must be a JSON object' }];
  return Object.entries(json).flatMap(([key, value]) => {
    const field = desc.fields.find(({ name, jsonName }) => key === name || key === jsonName);
    const at = path === '' ? key : `${path}.${key}`;
    return field === undefined
      ? [{ field: at, message: 'is not a field of the request' }]
      : problemsOfField(desc, field, value, at);
  });
}

function problemsOfField(desc: DescMessage, field: DescField, value: JsonValue, path: string): FieldViolation[] {
  if (value === null) return tried(desc, field, value, path);
  if (field.fieldKind === 'message' && !isWellKnown(field.message)) return problemsOf(field.message, value, path);
  if (field.fieldKind !== 'list') return tried(desc, field, value, path);
  if (!Array.isArray(value)) return [{ field: path, message: 'must be a JSON array' }];
  return value.flatMap((item, index) => {
    const at = `${path}[${index}]`;
    if (field.listKind === 'message' && !isWellKnown(field.message)) return problemsOf(field.message, item, at);
    return tried(desc, field, [item], at);
  });
}

/** Reads the one field alone: what fails then is this field's fault. */
function tried(desc: DescMessage, field: DescField, value: JsonValue, path: string): FieldViolation[] {
  try {
    fromJson(desc, { [field.name]: value });
    return [];
  } catch (error) {
    return [
      {
        field: path,
        message: expectation(field) ?? (isRedacted(field) ? 'has a value of the wrong kind' : plain(error)),
      },
    ];
  }
}

function expectation(field: DescField): string | null {
  if (field.enum !== undefined) return `must be one of ${field.enum.values.map((value) => value.name).join(', ')}`;
  if (field.message?.typeName === 'google.protobuf.Timestamp')
    return 'must be an RFC 3339 time, for instance "2026-01-31T12:00:00Z"';
  return null;
}

function plain(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof FieldError) return cause.message;
  return 'cannot be read';
}

function isObject(json: JsonValue): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function isWellKnown(desc: DescMessage | undefined): boolean {
  return desc?.typeName.startsWith('google.protobuf.') === true;
}
