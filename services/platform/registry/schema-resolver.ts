/**
 * Whether a schema id belongs to a subject, remembered: what is registered stays so for ever, what is not is asked again after a
 * while. Simultaneous questions about an id are one question.
 *
 * "Unknown" is said only while the registry still resolves the contract's own id (DESIGN section 6): a registry that has
 * forgotten everything, or answers for another one, is at fault, and not the record.
 */
import { type Registry, RegistryUnavailableError } from './registry.ts';

/** ours: registered under the subject. foreign: known, but not there. unknown: the registry has no such id. */
export type Standing = 'ours' | 'foreign' | 'unknown';

export interface SchemaResolver {
  /** Id of the contract's own text. @throws RegistryUnavailableError while it is not registered or cannot be asked */
  contractId(): Promise<number>;
  standingOf(schemaId: number): Promise<Standing>;
  /** What is remembered, without asking. */
  remembered(schemaId: number): Standing | undefined;
}

export interface SchemaResolverOptions {
  readonly registry: Registry;
  readonly subject: string;
  /** The contract's own text. */
  readonly text: string;
  /** How long "foreign" and "unknown" are remembered. */
  readonly negativeTtlMs?: number;
  readonly now?: () => number;
}

/** A schema that is registered late, and dead letters that are replayed then, count after so long. */
export const NEGATIVE_TTL_MS = 5_000;
/** Ids that are not ours are remembered up to this many; then the oldest are forgotten. */
const MAX_NEGATIVE = 10_000;

export function createSchemaResolver(o: SchemaResolverOptions): SchemaResolver {
  const { registry, subject, text } = o;
  const ttlMs = o.negativeTtlMs ?? NEGATIVE_TTL_MS;
  const now = o.now ?? Date.now;
  const ours = new Set<number>();
  const others = new Map<number, { readonly standing: Standing; readonly untilMs: number }>();
  const asking = new Map<number, Promise<Standing>>();
  let contract: Promise<number> | null = null;

  async function lookUpContract(): Promise<number> {
    const id = await registry.lookUp(subject, text);
    if (id === null)
      throw new RegistryUnavailableError(`${subject} has no version with the contract's text: register it`);
    ours.add(id);
    return id;
  }

  function contractId(): Promise<number> {
    contract ??= lookUpContract().catch((cause: unknown) => {
      contract = null;
      throw cause;
    });
    return contract;
  }

  async function ask(schemaId: number): Promise<Standing> {
    const found = await registry.textOf(schemaId);
    if (found === null) {
      await assertRegistryKnowsUs();
      return 'unknown';
    }
    // The text alone would do where the id is content-based; asked by subject, it holds for every registry.
    if ((await registry.lookUp(subject, found)) !== null) return 'ours';
    await assertRegistryKnowsUs();
    return 'foreign';
  }

  async function assertRegistryKnowsUs(): Promise<void> {
    const id = await contractId();
    if ((await registry.textOf(id)) !== null) return;
    contract = null;
    throw new RegistryUnavailableError(`the registry no longer knows ${subject}'s own id ${id}`);
  }

  function remember(schemaId: number, standing: Standing): Standing {
    if (standing === 'ours') {
      ours.add(schemaId);
      return standing;
    }
    others.delete(schemaId);
    others.set(schemaId, { standing, untilMs: now() + ttlMs });
    const [oldest] = others.keys();
    if (others.size > MAX_NEGATIVE && oldest !== undefined) others.delete(oldest);
    return standing;
  }

  function remembered(schemaId: number): Standing | undefined {
    if (ours.has(schemaId)) return 'ours';
    const other = others.get(schemaId);
    return other !== undefined && now() < other.untilMs ? other.standing : undefined;
  }

  return {
    contractId,
    remembered,
    async standingOf(schemaId) {
      const known = remembered(schemaId);
      if (known !== undefined) return known;
      let question = asking.get(schemaId);
      if (question === undefined) {
        question = ask(schemaId).finally(() => asking.delete(schemaId));
        asking.set(schemaId, question);
      }
      return remember(schemaId, await question);
    },
  };
}
