import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';

let stateDir: string;
let supervisor: Supervisor;
const lines: string[] = [];
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'pde-supervisor-'));
  supervisor = await createSupervisor({ stateDir, log: (line) => lines.push(line) });
});
afterEach(async () => {
  await supervisor.stop();
  await rm(stateDir, { recursive: true });
});

const READY = `console.log(JSON.stringify({ level: 'info', event: 'ready', rpcPort: 7, opsPort: 8 }));`;
const STAY = 'setInterval(() => {}, 1000);';

function script(source: string, name = 'child') {
  return { name, command: process.execPath, args: ['-e', source], logFile: join(stateDir, 'logs', `${name}.log`) };
}

describe('a managed process', () => {
  it('is ready with the ports that it prints, and its output goes to its log', async () => {
    const child = supervisor.spawnProcess(script(`console.error('hello'); ${READY} ${STAY}`));
    expect(await child.ready).toEqual({ rpcPort: 7, opsPort: 8 });
    expect(await child.stop()).toMatchObject({ signal: 'SIGTERM' });
    const log = await readFile(child.logFile, 'utf8');
    expect(log).toContain('hello');
    expect(log).toContain('"event":"ready"');
  });

  it('inherits few variables and gets the given ones', async () => {
    process.env.PDE_TEST_SECRET = 'secret';
    const seen: string[] = [];
    const child = supervisor.spawnProcess({
      ...script('console.log(process.env.PDE_TEST_SECRET, process.env.GIVEN, process.env.PATH !== undefined)'),
      env: { GIVEN: 'given' },
      onStdoutLine: (line) => seen.push(line),
    });
    await child.exit;
    delete process.env.PDE_TEST_SECRET;
    expect(seen).toEqual(['undefined given true']);
  });

  it('that ends before it was ready says how, and is not started again', async () => {
    const child = supervisor.spawnProcess({ ...script('process.exit(78)'), restart: { firstMs: 1, longestMs: 1 } });
    await expect(child.ready).rejects.toThrow(/^child ended before it was ready \(code 78\), its log is .*child\.log$/);
    expect(await child.exit).toMatchObject({ code: 78 });
    expect(child.restarts).toBe(0);
  });

  it('that cannot be started says why', async () => {
    const child = supervisor.spawnProcess({ ...script(''), command: join(stateDir, 'no-such-program') });
    await expect(child.ready).rejects.toThrow('ENOENT');
  });

  it('comes back after a kill where a restart is asked for, and not after a stop', async () => {
    let ready = 0;
    const twice = Promise.withResolvers<void>();
    const child = supervisor.spawnProcess({
      ...script(`${READY} ${STAY}`),
      restart: { firstMs: 5, longestMs: 20 },
      onStdoutLine: () => ++ready === 2 && twice.resolve(),
    });
    await child.ready;
    const first = child.pid;
    child.kill('SIGKILL');
    await twice.promise;
    expect(child.restarts).toBe(1);
    expect(child.pid).not.toBe(first);
    await child.stop();
    expect(child.pid).toBeNull();
  });

  it('that ignores its stop signal is killed with its whole group after the grace', async () => {
    const grandchild = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(STAY)}], { stdio: 'inherit' }).pid`;
    const pids: number[] = [];
    const child = supervisor.spawnProcess({
      ...script(`process.on('SIGTERM', () => {}); console.log(${grandchild}); ${READY} ${STAY}`),
      onStdoutLine: (line) => /^\d+$/.test(line) && pids.push(Number(line)),
    });
    await child.ready;
    expect(await child.stop({ graceMs: 50 })).toMatchObject({ signal: 'SIGKILL' });
    await expect.poll(() => identify(pids[0]!)).toBeNull();
  });
});

describe('the supervisor', () => {
  it('stops services before Kafka and the registry, and those before PostgreSQL', async () => {
    const order: string[] = [];
    const ranked = (name: string, stopRank: 0 | 1 | 2) =>
      supervisor.spawnProcess({ ...script(`${READY} ${STAY}`, name), stopRank, onExit: () => order.push(name) });
    await Promise.all([ranked('postgres', 2).ready, ranked('kafka', 1).ready, ranked('service', 0).ready]);
    await supervisor.stop();
    expect(order).toEqual(['service', 'kafka', 'postgres']);
    expect(() => supervisor.spawnProcess(script(''))).toThrow('everything is being stopped');
  });

  it('runs a tool to its end, and kills it with its signal', async () => {
    const tool = (source: string, o = {}) =>
      supervisor.runTool({ name: 'tool', command: process.execPath, args: ['-e', source], ...o });
    const echo = await tool('process.stdin.pipe(process.stdout)', { input: 'words' });
    expect(echo).toMatchObject({ code: 0, output: 'words' });
    const abort = new AbortController();
    const endless = tool(STAY, { signal: abort.signal });
    abort.abort();
    expect(await endless).toMatchObject({ code: null });
  });

  /** Runs a script that owns a supervisor of its own; resolves with the first line that it prints. */
  async function owner(source: string): Promise<{ readonly process: ChildProcess; readonly line: string }> {
    const file = join(stateDir, 'owner.ts');
    await writeFile(
      file,
      `import { createSupervisor } from ${JSON.stringify(new URL('./supervisor.ts', import.meta.url).href)};
       const supervisor = await createSupervisor({ stateDir: ${JSON.stringify(join(stateDir, 'other'))}, log: () => {} });
       const o = { command: process.execPath, logFile: ${JSON.stringify(join(stateDir, 'other', 'log'))} };
       ${source}`,
    );
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
    return {
      process: child,
      line: await new Promise((done) => createInterface({ input: child.stdout }).once('line', done)),
    };
  }

  it('leaves nothing behind when its process is killed, not even what ignores SIGTERM', async () => {
    const stubborn = `process.on('SIGTERM', () => {}); ${READY} ${STAY}`;
    const own = await owner(
      `const a = supervisor.spawnProcess({ ...o, name: 'polite', args: ['-e', ${JSON.stringify(READY + STAY)}] });
       const b = supervisor.spawnProcess({ ...o, name: 'stubborn', args: ['-e', ${JSON.stringify(stubborn)}] });
       await Promise.all([a.ready, b.ready]);
       console.log([a.pid, b.pid].join(' '));
       setInterval(() => {}, 1000);`,
    );
    const children = own.line.split(' ').map((pid) => identify(Number(pid)) as ProcessIdentity);
    expect(children.every(isAlive)).toBe(true);
    own.process.kill('SIGKILL');
    await expect.poll(() => children.some(isAlive), { timeout: 15_000 }).toBe(false);
  });

  it('leaves nothing behind when it is killed between spawning a child and saying which it is', async () => {
    const { line } = await owner(
      `import childProcess from 'node:child_process';
       import { writeSync } from 'node:fs';
       import { syncBuiltinESMExports } from 'node:module';
       const spawn = childProcess.spawn;
       childProcess.spawn = (...given) => {
         const child = spawn(...given);
         writeSync(1, child.pid + '\\n');
         process.kill(process.pid, 'SIGKILL');
         return child;
       };
       syncBuiltinESMExports();
       supervisor.spawnProcess({ ...o, name: 'orphan', args: ['-e', ${JSON.stringify(STAY)}] });`,
    );
    const orphan = Number(line);
    expect(orphan).toBeGreaterThan(0);
    await expect.poll(() => identify(orphan), { timeout: 15_000 }).toBeNull();
  });
});
