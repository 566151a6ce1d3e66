/** Opaque tokens of a list: the position of the last one shown, with the filter that it belongs to. */

/** @returns a token for the page that begins below `position` */
export function encodePageToken(position: bigint, reason: string): string {
  return Buffer.from(JSON.stringify([String(position), reason])).toString('base64url');
}

/** @returns the position, or null if the token is none of ours or of another filter */
export function decodePageToken(token: string, reason: string): bigint | null {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
  if (!Array.isArray(parts) || parts.length !== 2 || parts[1] !== reason) return null;
  const [position] = parts;
  return typeof position === 'string' && /^[1-9][0-9]{0,18}$/.test(position) ? BigInt(position) : null;
}
