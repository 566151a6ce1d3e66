/**
 * Messages as JSON Schema 2020-12, in the shape that ProtoJSON gives them, with the bounds of their `buf.validate` rules.
 * Rules that JSON Schema cannot say of a string (64-bit integers, times) are said in words.
 */
import {
  create,
  type DescEnum,
  type DescField,
  type DescMessage,
  getOption,
  hasOption,
  ScalarType,
} from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence, timestampDate } from '@bufbuild/protobuf/wkt';
import { ConnectError } from '@connectrpc/connect';
import { type FieldRules, field as fieldRules } from '../../gen/buf/validate/validate_pb.ts';
import { validate, violationsOf } from '../platform/rpc/validation.ts';
import { IDEMPOTENCY_FIELD } from './transcode.ts';

export type Schema = { [key: string]: unknown };

/** Which way a message travels: what is required and what is refused differs. */
export type Direction = 'request' | 'answer';

export interface SchemaSet {
  /** A reference to the message's schema, which is added to the set with all that it holds. */
  ref(message: DescMessage, direction: Direction): Schema;
  /** The schema of one field. */
  field(field: DescField, direction: Direction): Schema;
  /** By name, for components.schemas. */
  readonly schemas: Readonly<Record<string, Schema>>;
}

/** A request message that also occurs in an answer gets a second schema, "<name>.Input". */
export function createSchemaSet(): SchemaSet {
  const schemas: Record<string, Schema> = {};
  const set: SchemaSet = {
    schemas,
    ref(message, direction) {
      const name = direction === 'request' ? `${message.typeName}.Input` : message.typeName;
      if (schemas[name] === undefined) {
        schemas[name] = {};
        Object.assign(schemas[name], messageSchema(set, message, direction));
      }
      return { $ref: `#/components/schemas/${name}` };
    },
    field: (field, direction) => ({ ...shapeOf(set, field, direction), ...boundsOf(field) }),
  };
  return set;
}

/** The fields that a request cannot do without: those that an empty message is refused for. */
export function requiredFields(message: DescMessage): readonly string[] {
  try {
    validate(message, create(message));
    return [];
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    return message.fields
      .map(({ name }) => name)
      .filter((name) => violationsOf(error).some(({ field }) => field === name));
  }
}

function messageSchema(set: SchemaSet, message: DescMessage, direction: Direction): Schema {
  const properties = Object.fromEntries(message.fields.map((field) => [field.name, set.field(field, direction)]));
  if (direction === 'answer') {
    const required = message.fields.filter(isAlwaysThere).map((field) => field.name);
    return { type: 'object', properties, ...(required.length > 0 ? { required } : {}) };
  }
  // The header Idempotency-Key may bring it instead.
  const required = requiredFields(message).filter((name) => name !== IDEMPOTENCY_FIELD);
  return { type: 'object', properties, ...(required.length > 0 ? { required } : {}), additionalProperties: false };
}

function isAlwaysThere(field: DescField): boolean {
  return field.oneof === undefined && field.presence === FeatureSet_FieldPresence.IMPLICIT;
}

function shapeOf(set: SchemaSet, field: DescField, direction: Direction): Schema {
  switch (field.fieldKind) {
    case 'scalar':
      return scalarSchema(field.scalar);
    case 'enum':
      return enumSchema(field.enum);
    case 'message':
      return messageShape(set, field.message, direction);
    case 'list':
      return { type: 'array', items: elementShape(set, field, direction) };
    case 'map':
      return { type: 'object', additionalProperties: elementShape(set, field, direction) };
  }
}

function elementShape(set: SchemaSet, field: DescField, direction: Direction): Schema {
  if (field.message !== undefined) return messageShape(set, field.message, direction);
  return field.enum === undefined ? scalarSchema(field.scalar ?? ScalarType.STRING) : enumSchema(field.enum);
}

function messageShape(set: SchemaSet, message: DescMessage, direction: Direction): Schema {
  const known = WELL_KNOWN[message.typeName];
  return known ?? set.ref(message, direction);
}

const WELL_KNOWN: Readonly<Record<string, Schema>> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Duration': { type: 'string', pattern: '^-?[0-9]+(\\.[0-9]{1,9})?s$' },
  'google.protobuf.FieldMask': { type: 'string' },
  'google.protobuf.Struct': { type: 'object' },
  'google.protobuf.Value': {},
  'google.protobuf.Empty': { type: 'object' },
};

function enumSchema(desc: DescEnum): Schema {
  return { type: 'string', enum: desc.values.map((value) => value.name) };
}

function scalarSchema(scalar: ScalarType): Schema {
  switch (scalar) {
    case ScalarType.STRING:
      return { type: 'string' };
    case ScalarType.BYTES:
      return { type: 'string', contentEncoding: 'base64' };
    case ScalarType.BOOL:
      return { type: 'boolean' };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { oneOf: [{ type: 'number' }, { type: 'string', enum: ['NaN', 'Infinity', '-Infinity'] }] };
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return { type: 'string', pattern: '^-?[0-9]{1,19}$' };
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return { type: 'string', pattern: '^[0-9]{1,20}$' };
    default:
      return { type: 'integer', format: 'int32' };
  }
}

function boundsOf(field: DescField): Schema {
  if (!hasOption(field, fieldRules)) return {};
  const { type } = getOption(field, fieldRules);
  switch (type.case) {
    case 'string':
      return stringBounds(type.value);
    case 'int32':
      return numberBounds(type.value);
    case 'double':
    case 'float':
    case 'int64':
    case 'timestamp':
      return wordedBounds(type.value);
    case 'repeated':
      return given({ minItems: Number(type.value.minItems), maxItems: Number(type.value.maxItems) });
    default:
      return {};
  }
}

type RulesOf<C extends FieldRules['type']['case']> = Extract<FieldRules['type'], { case: C }>['value'];

function stringBounds(rules: RulesOf<'string'>): Schema {
  return given({
    pattern: rules.pattern,
    minLength: Number(rules.minLen),
    maxLength: Number(rules.maxLen),
    enum: rules.in.length > 0 ? [...rules.in] : undefined,
    format: rules.wellKnown.case === 'uuid' && rules.wellKnown.value ? 'uuid' : undefined,
  });
}

function numberBounds({ greaterThan, lessThan }: RulesOf<'int32'>): Schema {
  return given({
    minimum: greaterThan.case === 'gte' ? greaterThan.value : undefined,
    exclusiveMinimum: greaterThan.case === 'gt' ? greaterThan.value : undefined,
    maximum: lessThan.case === 'lte' ? lessThan.value : undefined,
    exclusiveMaximum: lessThan.case === 'lt' ? lessThan.value : undefined,
  });
}

function wordedBounds({ greaterThan, lessThan }: RulesOf<'double' | 'float' | 'int64' | 'timestamp'>): Schema {
  const low = greaterThan.case === 'gte' ? 'from' : greaterThan.case === 'gt' ? 'above' : null;
  const high = lessThan.case === 'lte' ? 'to' : lessThan.case === 'lt' ? 'before' : null;
  const words = [
    low === null ? '' : `${low} ${inWords(greaterThan.value)}`,
    high === null ? '' : `${high} ${inWords(lessThan.value)}`,
  ].filter((part) => part !== '');
  return words.length === 0 ? {} : { description: words.join(', ') };
}

function inWords(bound: unknown): string {
  const isTime = typeof bound === 'object' && bound !== null && 'seconds' in bound && 'nanos' in bound;
  return isTime ? timestampDate(bound as Parameters<typeof timestampDate>[0]).toISOString() : String(bound);
}

/** Without what is unset. A bound of 0 on a length or count says nothing, and an unset pattern is empty. */
function given(bounds: Record<string, unknown>): Schema {
  const meaningless = (key: string, value: unknown): boolean =>
    value === undefined || value === '' || Number.isNaN(value) || (/Length|Items/.test(key) && value === 0);
  return Object.fromEntries(Object.entries(bounds).filter(([key, value]) => !meaningless(key, value)));
}
