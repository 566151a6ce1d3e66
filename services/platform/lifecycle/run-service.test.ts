import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const FIXTURE = fileURLToPath(new URL('./run-service.fixture.ts', import.meta.url));

type Line = Record<string, unknown> & { readonly event: string };

interface Run {
  readonly child: ChildProcess;
  readonly lines: Line[];
  readonly stderr: Promise<string>;
  line(event: string): Promise<Line>;
  readonly exit: Promise<{ code: number | null; signal: string | null }>;
}

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function run(env: Record<string, string> = {}, args: readonly string[] = []): Run {
  const child = spawn(process.execPath, [FIXTURE, ...args], { env: { FIXTURE_SECRET: 'hush', ...env }, stdio: 'pipe' });
  children.push(child);
  const lines: Line[] = [];
  const waiting = new Map<string, (line: Line) => void>();
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (text) => {
    if (!text.startsWith('{')) return;
    const line: Line = JSON.parse(text);
    lines.push(line);
    waiting.get(line.event)?.(line);
  });
  const drained = once(reader, 'close');
  const exit = once(child, 'exit').then(async ([code, signal]) => {
    await drained;
    return { code, signal };
  });
  const line = (event: string): Promise<Line> =>
    new Promise((resolve) => {
      const known = lines.find((candidate) => candidate.event === event);
      if (known !== undefined) return resolve(known);
      waiting.set(event, resolve);
    });
  return { child, lines, stderr: text(child.stderr), line, exit };
}

const events = (service: Run): string[] => service.lines.map((line) => line.event);

/** What ps says of a process: "T" while it is stopped. */
const stateOf = (child: ChildProcess): string =>
  execFileSync('ps', ['-o', 'stat=', '-p', `${child.pid}`], { encoding: 'utf8' });

describe('a service', () => {
  it('says once that it is ready, serves the operations port, and on SIGTERM releases in reverse and exits 0', async () => {
    const service = run();
    const ready = await service.line('ready');
    expect(ready).toMatchObject({ service: 'fixture', rpcPort: 4242, opsPort: expect.any(Number) });
    const ops = `http://127.0.0.1:${ready.opsPort}`;
    expect(await (await fetch(`${ops}/readyz`)).json()).toEqual({ ok: true, problems: [] });
    expect((await fetch(`${ops}/livez`)).status).toBe(200);
    expect(await (await fetch(`${ops}/metrics`)).text()).toContain('process_cpu_seconds_total{service="fixture"}');
    expect((await fetch(`${ops}/else`)).status).toBe(404);
    expect((await fetch(`${ops}/livez`, { method: 'POST' })).status).toBe(405);

    service.child.kill('SIGTERM');
    expect(await service.exit).toEqual({ code: 0, signal: null });
    expect(events(service)).toEqual(['ready', 'stopping', 'released-second', 'released-first', 'stopped']);
  });

  it('exits 78 with every problem on stderr, and no secret, when its configuration is bad', async () => {
    const service = run({ FIXTURE_MODE: 'odd', PDE_OPS_PORT: '-1' });
    expect((await service.exit).code).toBe(78);
    const stderr = await service.stderr;
    expect(stderr).toContain('FIXTURE_MODE is "odd": it must be one of');
    expect(stderr).toContain('PDE_OPS_PORT is "-1"');
    expect(stderr).not.toContain('hush');
  });

  it('prints its settings for --help and refuses other arguments', async () => {
    const help = run({}, ['--help']);
    const printed = text(help.child.stdout!);
    expect((await help.exit).code).toBe(0);
    expect(await printed).toContain('FIXTURE_SECRET\n      a secret\n      required');
    const odd = run({}, ['--port=1']);
    expect((await odd.exit).code).toBe(64);
  });

  it('exits 70 after releasing when it cannot be built', async () => {
    const service = run({ FIXTURE_MODE: 'fail-build' });
    expect((await service.exit).code).toBe(70);
    expect(events(service)).toEqual(['fatal', 'released-second', 'released-first', 'stopped']);
    expect(service.lines[0]).toMatchObject({ level: 'fatal', cause: { message: 'no such model' } });
  });

  it('exits 70 after releasing when a part of it dies for good', async () => {
    const service = run({ FIXTURE_MODE: 'fatal' });
    expect((await service.exit).code).toBe(70);
    expect(events(service).slice(-3)).toEqual(['released-second', 'released-first', 'stopped']);
  });

  it('exits 70 at once when an error was caught by nobody', async () => {
    const service = run({ FIXTURE_MODE: 'reject' });
    expect((await service.exit).code).toBe(70);
    expect(events(service)).toEqual(['ready', 'uncaught']);
  });

  it('stopped while it is still being built, releases what was acquired meanwhile', async () => {
    const service = run({ FIXTURE_MODE: 'slow-build' });
    await service.line('building');
    service.child.kill('SIGINT');
    expect((await service.exit).code).toBe(0);
    expect(events(service)).toEqual(['building', 'stopping', 'released-second', 'released-first', 'stopped']);
  });

  it('exits 70 when a release outlasts the grace, naming it', async () => {
    const service = run({ FIXTURE_MODE: 'hang-release', PDE_GRACE_MS: '100' });
    await service.line('ready');
    service.child.kill('SIGTERM');
    expect((await service.exit).code).toBe(70);
    expect(await service.line('grace-exceeded')).toMatchObject({ what: 'second', left: ['first'] });
  });

  it('exits 130 at once at the second signal', async () => {
    const service = run({ FIXTURE_MODE: 'hang-release' });
    await service.line('ready');
    service.child.kill('SIGTERM');
    await service.line('stopping');
    service.child.kill('SIGTERM');
    expect((await service.exit).code).toBe(130);
  });

  it('is killed at the n-th passing of its armed crash point', async () => {
    const service = run({ FIXTURE_MODE: 'crash', PDE_CRASH_POINT: 'mid-loop@2' });
    expect(await service.exit).toEqual({ code: null, signal: 'SIGKILL' });
    expect(service.lines.map((line) => line.passing)).toEqual([1, 2]);
  });

  it('is stopped at a crash point that says so, and goes on where it was once continued', async () => {
    const service = run({ FIXTURE_MODE: 'crash', PDE_CRASH_POINT: 'mid-loop@2:stop' });
    await expect.poll(() => service.lines.map((line) => line.passing), { timeout: 10_000 }).toEqual([1, 2]);
    await expect.poll(() => stateOf(service.child)).toMatch(/^T/);
    service.child.kill('SIGCONT');
    await service.line('ready');
    expect(service.lines.map((line) => line.passing).slice(0, 3)).toEqual([1, 2, 3]);
    service.child.kill('SIGTERM');
    expect((await service.exit).code).toBe(0);
  });
});
