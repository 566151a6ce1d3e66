import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSecrets } from './secrets.ts';

describe('loadSecrets', () => {
  let directory: string;
  let file: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pde-secrets-'));
    file = join(directory, 'secrets.json');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('makes a different password for each name, once, in a file of the owner only', async () => {
    const first = await loadSecrets(file, { postgres: ['a', 'b'], kafka: ['a'] });
    expect(new Set([first.postgres.a, first.postgres.b, first.kafka.a]).size).toBe(3);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await loadSecrets(file, { postgres: ['a', 'b'], kafka: ['a'] })).toEqual(first);
  });

  it('keeps the old ones when a name is added', async () => {
    const first = await loadSecrets(file, { postgres: ['a'], kafka: [] });
    const second = await loadSecrets(file, { postgres: ['a', 'new'], kafka: [] });
    expect(second).toMatchObject({ stackId: first.stackId, postgres: first.postgres });
    expect(second.postgres.new).toMatch(/^[0-9a-f]{48}$/);
  });

  it('refuses an unreadable file rather than lock the data out', async () => {
    await writeFile(file, '{');
    await expect(loadSecrets(file, { postgres: [], kafka: [] })).rejects.toThrow('is unreadable');
  });
});
