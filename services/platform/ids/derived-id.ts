/** Ids of what follows from an input are derived from the input's ids, so that a replay makes the same ids (DESIGN section 2). */
import { hash } from 'node:crypto';

/** Namespace of every derived id. Never changes: ids already stored follow from it. */
const NAMESPACE = Buffer.from('6f1c7a520f0e5d6b9c1e7a3d5b2e8f40', 'hex');

/**
 * The UUIDv5 (RFC 9562 section 5.5) of a kind and the ids that it follows from. Parts cannot run into one another:
 * ("a", "b") and ("ab") differ.
 */
export function derivedId(kind: string, ...parts: readonly string[]): string {
  const name = JSON.stringify([kind, ...parts]);
  const bytes = Buffer.allocUnsafe(NAMESPACE.length + Buffer.byteLength(name));
  NAMESPACE.copy(bytes);
  bytes.write(name, NAMESPACE.length);
  // The uuid package hashes the same some five times slower; every record derives several ids.
  const sha1 = hash('sha1', bytes, 'hex');
  const variant = VARIANTS[Number.parseInt(sha1.charAt(16), 16) & 3]!;
  return `${sha1.slice(0, 8)}-${sha1.slice(8, 12)}-5${sha1.slice(13, 16)}-${variant}${sha1.slice(17, 20)}-${sha1.slice(20, 32)}`;
}

/** The digit that holds the two bits 10 of the variant, and the two bits of the digest beneath them. */
const VARIANTS = ['8', '9', 'a', 'b'];
