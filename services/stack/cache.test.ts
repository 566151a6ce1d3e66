import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PinnedFile } from './artefacts.ts';
import { createCache, type Downloader } from './cache.ts';

const pin = (file: string, content: string): PinnedFile => ({
  file,
  bytes: Buffer.byteLength(content),
  sha256: createHash('sha256').update(content).digest('hex'),
});
const A = pin('a.jar', 'content of a');
const B = pin('b.jar', 'content of b');

/** Delivers these contents, whatever is asked for. */
function delivering(contents: Record<string, string>, asked: string[] = []): Downloader<PinnedFile> {
  return async (wanted, into) => {
    asked.push(...wanted.map((file) => file.file));
    for (const [name, content] of Object.entries(contents)) await writeFile(join(into, name), content);
  };
}

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pde-cache-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('the cache', () => {
  it('keeps what was downloaded, and asks only for what is missing', async () => {
    const cache = createCache(directory);
    const asked: string[] = [];
    await cache.fetch([A], delivering({ 'a.jar': 'content of a' }, asked));
    await cache.fetch([A, B], delivering({ 'b.jar': 'content of b' }, asked));
    await cache.fetch([A, B], delivering({}, asked));
    expect(asked).toEqual(['a.jar', 'b.jar']);
    expect(await readFile(cache.pathOf(A), 'utf8')).toBe('content of a');
  });

  it('refuses content of the right size with another checksum, and does not keep it', async () => {
    const cache = createCache(directory);
    await expect(cache.fetch([A], delivering({ 'a.jar': 'content of X' }))).rejects.toThrow(`SHA-256 ${A.sha256}`);
    expect(await cache.missing([A])).toEqual([A]);
  });

  it('refuses a download that was cut short, naming both sizes', async () => {
    const cache = createCache(directory);
    await expect(cache.fetch([A], delivering({ 'a.jar': 'content' }))).rejects.toThrow(
      'a.jar has 7 bytes instead of 12',
    );
    expect(await cache.missing([A])).toEqual([A]);
  });

  it('keeps the files that arrived whole when the download fails in the middle', async () => {
    const cache = createCache(directory);
    const failing: Downloader<PinnedFile> = async (wanted, into) => {
      await delivering({ 'a.jar': 'content of a', 'b.jar': 'cont' })(wanted, into);
      throw new Error('the connection broke');
    };
    await expect(cache.fetch([A, B], failing)).rejects.toThrow('the connection broke');
    expect(await cache.missing([A, B])).toEqual([B]);
  });

  it('takes in a file that a person put into incoming/, if it is the right one', async () => {
    const cache = createCache(directory);
    await mkdir(cache.incoming, { recursive: true });
    await writeFile(join(cache.incoming, 'a.jar'), 'content of a');
    await writeFile(join(cache.incoming, 'b.jar'), 'content of X');
    expect(await cache.missing([A, B])).toEqual([B]);
    expect(await readFile(cache.pathOf(A), 'utf8')).toBe('content of a');
  });

  it('stays whole when two fetch the same file at once', async () => {
    const caches = [createCache(directory), createCache(directory)];
    await Promise.all(
      caches.map((cache) => cache.fetch([A, B], delivering({ 'a.jar': 'content of a', 'b.jar': 'content of b' }))),
    );
    expect(await createCache(directory).missing([A, B])).toEqual([]);
  });
});
