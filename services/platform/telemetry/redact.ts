/** Messages for logs and viewers: whatever the contract marks `debug_redact` is masked. */
import { type DescField, type DescMessage, type JsonValue, type MessageShape, toJson } from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';

/** What stands in place of a masked value. */
export const REDACTED = '[redacted]';

/** True if the contract says that the field holds personal data. */
export function isRedacted(field: DescField): boolean {
  return field.proto.options?.debugRedact === true;
}

/** The message as JSON with snake_case names, set fields only, masked by `debug_redact` at any depth. */
export function redact<Desc extends DescMessage>(desc: Desc, message: MessageShape<Desc>): JsonValue {
  return redactMessage(reflect(desc, message));
}

function redactMessage(message: ReflectMessage): JsonValue {
  if (message.desc.typeName.startsWith('google.protobuf.')) return toJson(message.desc, message.message);
  const entries = message.fields
    .filter((field) => message.isSet(field))
    .map((field) => [field.name, isRedacted(field) ? REDACTED : redactField(message, field)] as const);
  return Object.fromEntries(entries);
}

function redactField(message: ReflectMessage, field: DescField): JsonValue {
  switch (field.fieldKind) {
    case 'message':
      return redactMessage(message.get(field));
    case 'list':
      return [...message.get(field)].map((item) =>
        field.message ? redactMessage(item as ReflectMessage) : plain(item),
      );
    case 'map':
      return Object.fromEntries(
        [...message.get(field)].map(([key, item]) => [
          String(key),
          field.message ? redactMessage(item as ReflectMessage) : plain(item),
        ]),
      );
    case 'enum':
      return field.enum.value[message.get(field)]?.name ?? message.get(field);
    case 'scalar':
      return plain(message.get(field));
  }
}

function plain(value: unknown): JsonValue {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  return typeof value === 'string' || typeof value === 'boolean' ? value : String(value);
}
