/** Requests are held to the contract's `buf.validate` rules. A refusal names the field, the value (unless personal) and the bound. */
import { create, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import { type Path, pathToString, type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { createValidator, type Violation, violationToProto } from '@bufbuild/protovalidate';
import { Code, ConnectError, type Interceptor } from '@connectrpc/connect';
import { ViolationsSchema } from '../../../gen/buf/validate/validate_pb.ts';
import { isRedacted } from '../telemetry/redact.ts';

export interface FieldViolation {
  /** Path of the field with the contract's names, for instance "requests[2].customer_id". */
  readonly field: string;
  readonly message: string;
}

const validator = createValidator();

/**
 * Holds a message to its rules.
 *
 * @throws ConnectError INVALID_ARGUMENT with every violation in its text and as a buf.validate.Violations detail.
 */
export function validate<Desc extends DescMessage>(desc: Desc, message: MessageShape<Desc>): void {
  const result = validator.validate(desc, message);
  if (result.kind === 'valid') return;
  if (result.kind === 'error') throw result.error;
  const described = result.violations.map((violation) => describe(violation, reflect(desc, message)));
  const value = {
    violations: result.violations.map((violation, index) => ({
      ...violationToProto(violation)[0],
      message: described[index]!.message,
    })),
  };
  throw new ConnectError(inWords(described), Code.InvalidArgument, undefined, [{ desc: ViolationsSchema, value }]);
}

/** The violations that an INVALID_ARGUMENT error carries. */
export function violationsOf(error: ConnectError): readonly FieldViolation[] {
  return error.findDetails(ViolationsSchema).flatMap((detail) =>
    detail.violations.map((violation) => ({
      field: (violation.field?.elements ?? []).reduce((path, element) => {
        const index = element.subscript.case === undefined ? '' : `[${element.subscript.value}]`;
        return `${path}${path === '' ? '' : '.'}${element.fieldName}${index}`;
      }, ''),
      message: violation.message,
    })),
  );
}

/** An INVALID_ARGUMENT error about fields, in the same shape. A field of "" is the request as a whole. */
export function invalidFields(fields: readonly FieldViolation[]): ConnectError {
  const violations = fields.map(({ field, message }) => ({
    field: { elements: field === '' ? [] : [{ fieldName: field }] },
    message,
  }));
  return new ConnectError(inWords(fields), Code.InvalidArgument, undefined, [
    { desc: ViolationsSchema, value: { violations } },
  ]);
}

/** An INVALID_ARGUMENT error about one field. */
export function invalidField(field: string, message: string): ConnectError {
  return invalidFields([{ field, message }]);
}

function inWords(fields: readonly FieldViolation[]): string {
  return fields.map(({ field, message }) => (field === '' ? message : `${field} ${message}`)).join('; ');
}

/** Compiles the rules of the types, which costs tens of milliseconds at the first message otherwise. */
export function warmUp(types: Iterable<DescMessage>): void {
  for (const desc of new Set(types)) validator.validate(desc, create(desc));
}

/** Validates unary requests before the handler sees them. */
export const validationInterceptor: Interceptor = (next) => (request) => {
  if (!request.stream) validate(request.method.input, request.message);
  return next(request);
};

function describe(violation: Violation, root: ReflectMessage): FieldViolation {
  const shown = shownValue(violation.field, root);
  const message = violation.message === '' ? `breaks the rule ${violation.ruleId}` : violation.message;
  return { field: pathToString(violation.field), message: shown === null ? message : `${message} (it is ${shown})` };
}

/** The value at the path as text; null where it is personal, long, unset or no scalar. */
function shownValue(path: Path, root: ReflectMessage): string | null {
  let at: unknown = root;
  for (const step of path) {
    if (step.kind === 'field') {
      if (isRedacted(step)) return null;
      at = (at as ReflectMessage).get(step);
    } else if (step.kind === 'list_sub') {
      at = (at as { get(index: number): unknown }).get(step.index);
    } else {
      return null;
    }
  }
  if (typeof at === 'string') return at.length <= 64 ? JSON.stringify(at) : null;
  return typeof at === 'number' || typeof at === 'bigint' || typeof at === 'boolean' ? String(at) : null;
}
