import { describe, expect, test } from 'vitest';
import { decodePageToken, encodePageToken } from './page-token.ts';

const cursor = { probability: 0.1 + 0.2, customerId: 'C1' };

describe('a page token', () => {
  test('gives the cursor back, to the bit', () => {
    expect(decodePageToken(encodePageToken(2, cursor), 2)).toEqual(cursor);
  });

  test.each(['', 'x', 'bnVsbA', Buffer.from('[9,2,0.5,"C1"]').toString('base64url'), encodePageToken(3, cursor)])(
    'that is none, or was for another level, is refused: %s',
    (token) => expect(decodePageToken(token, 2)).toBeNull(),
  );
});
