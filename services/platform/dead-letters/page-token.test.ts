import { describe, expect, it } from 'vitest';
import { decodePageToken, encodePageToken } from './page-token.ts';

describe('a page token', () => {
  it('gives back the position it was made of, for the same filter', () => {
    expect(decodePageToken(encodePageToken(42n, ''), '')).toBe(42n);
    expect(decodePageToken(encodePageToken(42n, 'TOO_OLD'), 'TOO_OLD')).toBe(42n);
  });

  it('is refused with another filter, or if it is none of ours', () => {
    expect(decodePageToken(encodePageToken(42n, 'TOO_OLD'), '')).toBeNull();
    for (const token of [
      'x',
      '42',
      Buffer.from('["-1",""]').toString('base64url'),
      Buffer.from('{}').toString('base64url'),
    ]) {
      expect(decodePageToken(token, '')).toBeNull();
    }
  });
});
