import { spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const LOCK = JSON.stringify({
  packages: {
    '': { name: 'test' },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/b-for-another-platform': { version: '1.0.0', optional: true },
  },
});

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pde-bootstrap-'));
  await mkdir(join(root, 'services/stack'), { recursive: true });
  for (const file of ['bootstrap.mjs', 'parent-watch.mjs']) {
    await copyFile(join(import.meta.dirname, file), join(root, 'services/stack', file));
  }
  await writeFile(join(root, 'package-lock.json'), LOCK);
  await writeFile(join(root, 'entry.mjs'), "console.log('entry', process.argv.slice(2).join()); process.exit(5);");
});
afterEach(() => rm(root, { recursive: true }));

/** An npm that installs what this shell text says. */
async function fakeNpm(shell: string): Promise<void> {
  await mkdir(join(root, 'bin'));
  await writeFile(join(root, 'bin/npm'), `#!/bin/sh\necho "npm $*"\n${shell}\n`);
  await chmod(join(root, 'bin/npm'), 0o755);
}

const INSTALL = `mkdir -p node_modules/.bin && ln -s '${process.execPath}' node_modules/.bin/node && cp package-lock.json node_modules/.package-lock.json`;

async function install(lock = LOCK): Promise<void> {
  await mkdir(join(root, 'node_modules/.bin'), { recursive: true });
  await symlink(process.execPath, join(root, 'node_modules/.bin/node'));
  await writeFile(join(root, 'node_modules/.package-lock.json'), lock);
}

function bootstrap(
  ...args: string[]
): Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }> {
  const env = { PATH: `${join(root, 'bin')}:/usr/bin:/bin` };
  const child = spawn(process.execPath, [join(root, 'services/stack/bootstrap.mjs'), ...args], { cwd: root, env });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
    if (String(chunk).includes('stop me')) child.kill('SIGINT');
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((done) => child.once('close', (code, signal) => done({ code, signal, stdout, stderr })));
}

describe('bootstrap', () => {
  it('installs what is missing with all words on standard error, then runs the entry and ends with its code', async () => {
    await fakeNpm(INSTALL);
    const run = await bootstrap('entry.mjs', 'a', 'b');
    expect(run).toMatchObject({ code: 5, stdout: 'entry a,b\n' });
    expect(run.stderr).toMatch(/^installing packages \(npm ci\), once\nnpm ci --no-audit/);
  });

  it('installs nothing where node_modules holds what the lock file says, optional packages of other platforms apart', async () => {
    await install(JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } } }));
    expect(await bootstrap('entry.mjs')).toMatchObject({ code: 5, stderr: '' });
  });

  it('installs again where the lock file has moved on', async () => {
    await install(LOCK.replace('sha512-a', 'sha512-before'));
    await fakeNpm('cp package-lock.json node_modules/.package-lock.json');
    expect((await bootstrap('entry.mjs')).stderr).toContain('installing packages');
  });

  it('says in one line why it cannot go on when npm fails', async () => {
    await fakeNpm('exit 1');
    const run = await bootstrap('entry.mjs');
    expect(run).toMatchObject({ code: 69, stdout: '' });
    expect(run.stderr.trim().split('\n').at(-1)).toMatch(/^npm ci ended with code 1, .* needs the network once$/);
  });

  it('hands a signal on once, and ends as the entry ends', async () => {
    await install();
    const source = "process.once('SIGINT', () => { console.log('once'); process.kill(process.pid, 'SIGTERM'); });";
    await writeFile(join(root, 'entry.mjs'), `${source} setInterval(() => {}, 1000); console.log('stop me');`);
    expect(await bootstrap('entry.mjs')).toMatchObject({ code: null, signal: 'SIGTERM', stdout: 'stop me\nonce\n' });
  });
});
