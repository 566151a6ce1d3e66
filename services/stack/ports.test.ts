import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { choosePorts } from './ports.ts';

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pde-ports-'));
  file = join(directory, 'ports.json');
});
afterEach(() => rm(directory, { recursive: true }));

function listen(port: number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer().listen(port, '127.0.0.1', () => resolve(server));
  });
}

describe('choosePorts', () => {
  it('offers the remembered ports again while they are free', async () => {
    const first = await choosePorts(file, ['a', 'b', 'c']);
    expect(new Set(Object.values(first)).size).toBe(3);
    expect(await choosePorts(file, ['a', 'b', 'c'])).toEqual(first);
  });

  it('replaces only the port that somebody else listens on, and remembers the new one', async () => {
    const first = await choosePorts(file, ['a', 'b']);
    const server = await listen(first.a);
    const second = await choosePorts(file, ['a', 'b']);
    await new Promise((done) => server.close(done));
    expect(second.b).toBe(first.b);
    expect(second.a).not.toBe(first.a);
    expect(await choosePorts(file, ['a', 'b'])).toEqual(second);
  });

  it('chooses anew where the memory is unreadable', async () => {
    await writeFile(file, 'not JSON');
    expect((await choosePorts(file, ['a'])).a).toBeGreaterThan(0);
  });
});
