/** The token of the worklist's next page: the last row of this one, opaque to callers. */
import type { WorklistCursor } from './store/list-high-risk.ts';

const VERSION = 1;

export function encodePageToken(minRank: number, { probability, customerId }: WorklistCursor): string {
  return Buffer.from(JSON.stringify([VERSION, minRank, probability, customerId])).toString('base64url');
}

/** The cursor in a token of this list; null if it is none, or was for another level. */
export function decodePageToken(token: string, minRank: number): WorklistCursor | null {
  const parts = parse(token);
  if (!Array.isArray(parts) || parts.length !== 4) return null;
  const [version, rank, probability, customerId] = parts as unknown[];
  if (version !== VERSION || rank !== minRank) return null;
  if (typeof probability !== 'number' || typeof customerId !== 'string') return null;
  return { probability, customerId };
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}
