import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type ApiVersion, assertCompatible, IncompatibleBrokerError, mismatches } from './api-versions.ts';

const KEYS = [0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 17, 36];
const all: readonly ApiVersion[] = KEYS.map((key) => ({ key, min: 0, max: 20 }));

function answer(versions: readonly ApiVersion[], error = 0): Buffer {
  const bytes = Buffer.alloc(14 + versions.length * 6);
  bytes.writeInt32BE(bytes.length - 4, 0);
  bytes.writeInt32BE(1, 4);
  bytes.writeInt16BE(error, 8);
  bytes.writeInt32BE(versions.length, 10);
  for (const [n, { key, min, max }] of versions.entries()) {
    for (const [field, value] of [key, min, max].entries()) bytes.writeInt16BE(value, 14 + n * 6 + field * 2);
  }
  return bytes;
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A peer that answers the first bytes it gets, in two parts. */
async function broker(bytes: Buffer): Promise<string> {
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.write(bytes.subarray(0, 3));
      socket.end(bytes.subarray(3));
    });
  });
  closers.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `127.0.0.1:${address.port}`;
}

describe('a broker', () => {
  it('that takes every request as kafkajs sends it is compatible', async () => {
    await assertCompatible(await broker(answer(all)));
  });

  it('that has dropped a version, or does not know a request, is not, and it is said which', async () => {
    const versions = all.filter(({ key }) => key !== 17).map((one) => (one.key === 1 ? { ...one, min: 12 } : one));
    expect(mismatches(versions)).toEqual(['Fetch begins at version 12, ours is 11', 'it does not know SaslHandshake']);
    await expect(assertCompatible(await broker(answer(versions)))).rejects.toThrow(IncompatibleBrokerError);
  });

  it('that answers something else is not', async () => {
    await expect(assertCompatible(await broker(Buffer.from('HTTP/1.1 400 Bad Request')))).rejects.toThrow();
    await expect(assertCompatible(await broker(answer(all, 35)))).rejects.toThrow(IncompatibleBrokerError);
  });

  it('that is away is asked again later', async () => {
    await expect(assertCompatible('127.0.0.1:1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
