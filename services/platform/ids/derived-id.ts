/** Ids of what follows from an input are derived from the input's ids, so that a replay makes the same ids (DESIGN section 2). */
import { v5 } from 'uuid';

/** Namespace of every derived id. Never changes: ids already stored follow from it. */
const NAMESPACE = '6f1c7a52-0f0e-5d6b-9c1e-7a3d5b2e8f40';

/**
 * The UUIDv5 (RFC 9562 section 5.5) of a kind and the ids that it follows from. Parts cannot run into one another:
 * ("a", "b") and ("ab") differ.
 */
export function derivedId(kind: string, ...parts: readonly string[]): string {
  return v5(JSON.stringify([kind, ...parts]), NAMESPACE);
}
