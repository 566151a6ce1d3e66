/**
 * The Schema Registry's HTTP side, by @kafkajs/confluent-schema-registry's own API client: texts only, so nothing here parses
 * Protobuf. A refused connection, a timeout or a 5xx is RegistryUnavailableError, which is retried and never a record's fault.
 *
 * The client reports a connection that was refused as status 400 (LIBRARIES section 2). A 400 of a registry has a body with an
 * error_code; so only answers that carry one, or are a plain 404, 409 or 422, count as the registry's word.
 */
import registryApi from '@kafkajs/confluent-schema-registry/dist/api/index.js';

/** CommonJS: Node gives the module, and Vitest unwraps its default. */
const imported: typeof registryApi | typeof registryApi.default = registryApi;
const createApi = typeof imported === 'function' ? imported : imported.default;

export type Compatibility = 'BACKWARD_TRANSITIVE';

export interface Registry {
  /**
   * Registers a proto text under a subject, idempotently, and sets the subject's compatibility. A deploy step.
   *
   * @returns its id
   * @throws IncompatibleSchemaError if the registry refuses the text
   */
  register(subject: string, text: string, compatibility: Compatibility): Promise<number>;
  /** Id of exactly this text under the subject, or null if it is not registered there. */
  lookUp(subject: string, text: string): Promise<number | null>;
  /** Text of a schema, or null if the registry knows no such id. */
  textOf(schemaId: number): Promise<string | null>;
  /** Every subject. */
  subjects(): Promise<readonly string[]>;
}

export interface RegistryOptions {
  /** The registry, for instance http://127.0.0.1:8080. A path, if there is one, is the Confluent-compatible API's. */
  readonly url: string;
  /** Path of that API where the URL has none. Default Apicurio's; Confluent's own registry has it at "". */
  readonly apiPath?: string;
  /** Longest wait for an answer. Default 5 s. */
  readonly timeoutMs?: number;
}

/** The registry is away, slow or broken: try again later. */
export class RegistryUnavailableError extends Error {
  override readonly name = 'RegistryUnavailableError';
}

/** The registry refuses the text: it is incompatible with a registered version, or invalid. */
export class IncompatibleSchemaError extends Error {
  override readonly name = 'IncompatibleSchemaError';
}

/** What the client resolves to, and rejects with through its error middleware. */
interface Answer {
  data(): unknown;
}

const NOT_FOUND = 404;
const REFUSED = new Set([409, 422]);

export function createRegistry(o: RegistryOptions): Registry {
  const timeout = o.timeoutMs ?? 5_000;
  const { Schema, Subject } = createApi({
    host: hostOf(o),
    clientId: 'pde',
    retry: { retries: 0 },
  });
  const schemaOf = (text: string) => ({ schemaType: 'PROTOBUF', schema: text });

  return {
    async register(subject, text, compatibility) {
      const body = schemaOf(text);
      const made = await ask(() => Subject.register({ subject, body, timeout }));
      await ask(() => Subject.updateConfig({ subject, body: { compatibility }, timeout }));
      return idOf(made);
    },
    async lookUp(subject, text) {
      const found = await askOrNull(() => Subject.registered({ subject, body: schemaOf(text), timeout })).catch(
        nullIfRefused,
      );
      return found === null ? null : idOf(found);
    },
    async textOf(schemaId) {
      const found = await askOrNull(() => Schema.find({ id: schemaId, timeout }));
      return found === null ? null : textIn(found);
    },
    async subjects() {
      const found = await ask(() => Subject.all({ timeout }));
      if (!Array.isArray(found)) throw new RegistryUnavailableError('the registry listed no subjects');
      return found.map(String).sort();
    },
  };
}

const APICURIO_API = '/apis/ccompat/v7';

function hostOf(o: RegistryOptions): string {
  const { origin, pathname } = new URL(o.url);
  const path = pathname === '/' ? (o.apiPath ?? APICURIO_API) : pathname;
  return `${origin}${path.replace(/\/$/, '')}`;
}

async function ask(call: () => Promise<Answer>): Promise<unknown> {
  const found = await askOrNull(call);
  if (found === null) throw new RegistryUnavailableError('the registry answers 404 where it cannot');
  return found;
}

/** @returns the answer's body, or null where the registry says 404 */
async function askOrNull(call: () => Promise<Answer>): Promise<unknown> {
  let answer: Answer;
  try {
    answer = await call();
  } catch (cause) {
    const status = statusOf(cause);
    if (status === NOT_FOUND) return null;
    const message = cause instanceof Error ? cause.message : String(cause);
    if (REFUSED.has(status)) throw new IncompatibleSchemaError(message, { cause });
    throw new RegistryUnavailableError(message, { cause });
  }
  return answer.data();
}

/** Some registries refuse to look for a text that is no Protobuf (422) rather than not to find it: it is not there. */
function nullIfRefused(cause: unknown): null {
  if (cause instanceof IncompatibleSchemaError) return null;
  throw cause;
}

function statusOf(cause: unknown): number {
  return typeof cause === 'object' && cause !== null && 'status' in cause && typeof cause.status === 'number'
    ? cause.status
    : 0;
}

function idOf(body: unknown): number {
  if (typeof body === 'object' && body !== null && 'id' in body && typeof body.id === 'number') return body.id;
  throw new RegistryUnavailableError('the registry answered without an id');
}

function textIn(body: unknown): string {
  if (typeof body === 'object' && body !== null && 'schema' in body && typeof body.schema === 'string')
    return body.schema;
  throw new RegistryUnavailableError('the registry answered without a schema');
}
