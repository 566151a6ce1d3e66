/** The stack's own life: what a second start finds, and what is left when its owner is killed. Each test has a stack of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isZombie } from '../../services/stack/process-identity.ts';
import { removeState, type StackFacts, stackFrom } from '../../services/stack/stack.ts';

const OWNER = resolve(import.meta.dirname, '../support/stack-owner.ts');
const PROTO = 'syntax = "proto3"; package t; message A { string a = 1; }';

interface Owner {
  readonly child: ChildProcess;
  readonly facts: StackFacts;
  /** Sends the signal and resolves with how it ended. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

async function own(stateDir: string): Promise<Owner> {
  const owner = await start(stateDir);
  owners.push(owner);
  return owner;
}

async function start(stateDir: string): Promise<Owner> {
  const child = spawn(process.execPath, [OWNER, stateDir], { stdio: ['ignore', 'pipe', 'pipe'] });
  const problems: string[] = [];
  child.stderr.on('data', (chunk) => problems.push(String(chunk)));
  const ended = new Promise<number | NodeJS.Signals>((done) =>
    child.once('exit', (code, signal) => done(signal ?? code ?? -1)),
  );
  const facts = await new Promise<StackFacts>((ready, failed) => {
    createInterface({ input: child.stdout }).once('line', (line) => ready(JSON.parse(line)));
    void ended.then(() => failed(new Error(problems.join(''))));
  });
  return {
    child,
    facts,
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

/** Command lines of processes that mention this directory. */
function processesOf(stateDir: string): string[] {
  const all = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return all.filter((line) => line.includes(stateDir) && !line.includes(' ps '));
}

function isListening(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
    socket.once('connect', () => socket.destroy());
  });
}

function portsOf(stateDir: string): number[] {
  return Object.values(JSON.parse(readFileSync(join(stateDir, 'ports.json'), 'utf8')) as Record<string, number>);
}

async function nothingIsLeft(stateDir: string): Promise<void> {
  await expect.poll(() => processesOf(stateDir), { timeout: 60_000 }).toEqual([]);
  await expect
    .poll(async () => (await Promise.all(portsOf(stateDir).map(isListening))).some(Boolean), { timeout: 60_000 })
    .toBe(false);
}

async function query(connectionString: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function register(url: string, subject: string, schema: string): Promise<{ status: number; id: unknown }> {
  const answer = await fetch(`${url}/apis/ccompat/v7/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schemaType: 'PROTOBUF', schema }),
  });
  return { status: answer.status, id: ((await answer.json()) as { id?: unknown }).id };
}

function kafkaOf(facts: StackFacts): Kafka {
  return new Kafka({
    clientId: 'test',
    brokers: [facts.kafka.brokers],
    sasl: { mechanism: 'scram-sha-512', ...stackFrom(facts).kafka.credentials('admin') },
    logLevel: logLevel.NOTHING,
  });
}

let stateDir: string;
const owners: Owner[] = [];
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'pde-life-'));
  chmodSync(stateDir, 0o711);
});
afterEach(async () => {
  await Promise.all(owners.splice(0).map((owner) => owner.end('SIGTERM')));
  await removeState(stateDir);
});

describe('a second start', () => {
  it('finds rows, topics, schema ids, passwords and ports again, after an orderly end and after a kill; a third beside it is refused', async () => {
    const first = await own(stateDir);
    const owner = stackFrom(first.facts).postgres.url('pde_features_owner');
    await query(owner, 'CREATE TABLE features.kept (a int); INSERT INTO features.kept VALUES (42)');
    const registered = await register(first.facts.registry.url, 'kept-value', PROTO);
    const admin = kafkaOf(first.facts).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 3 }] });
    await admin.disconnect();
    expect(await first.end('SIGINT')).toBe(130);
    await nothingIsLeft(stateDir);

    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const next = await own(stateDir);
      expect(next.facts).toEqual(first.facts);
      expect(await query(owner, 'SELECT a FROM features.kept')).toEqual([{ a: 42 }]);
      expect(await register(next.facts.registry.url, 'kept-value', PROTO)).toEqual(registered);
      const again = kafkaOf(next.facts).admin();
      await again.connect();
      expect(await again.listTopics()).toContain('kept');
      await again.disconnect();
      await expect(own(stateDir)).rejects.toThrow(`is in use by process ${next.child.pid} since`);
      await next.end(signal);
      await nothingIsLeft(stateDir);
    }
  }, 300_000);
});

/** A process of this user that has ended and that its parent does not collect before it is told to. */
async function zombie(user: { readonly uid: number; readonly gid: number }): Promise<{ pid: number; collect(): void }> {
  const parent = spawn('sh', ['-c', 'sh -c : & echo $!; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    ...(process.getuid?.() === 0 ? { uid: user.uid, gid: user.gid } : {}),
  });
  const pid = await new Promise<number>((told) => parent.stdout.once('data', (line) => told(Number(line))));
  await expect.poll(() => isZombie(pid)).toBe(true);
  return { pid, collect: () => void parent.kill('SIGKILL') };
}

describe('a killed owner', () => {
  it('is followed at once, while the server that died with it is still a zombie', async () => {
    const first = await own(stateDir);
    await first.end('SIGTERM');
    const home = join(stateDir, 'postgres');
    rmSync(join(home, 'applied-roles.sha256'));
    // PostgreSQL heeds only processes of its own user; a minus says that it was the single-user mode.
    const dead = await zombie(statSync(join(home, 'data')));
    writeFileSync(join(home, 'data/postmaster.pid'), `-${dead.pid}\n`);
    try {
      const next = await own(stateDir);
      expect(next.facts).toEqual(first.facts);
    } finally {
      dead.collect();
    }
  }, 120_000);

  it('leaves nothing running, at whatever moment of its start it is killed', async () => {
    for (const afterMs of [60, 250, 700, 1_500, 2_500]) {
      const child = spawn(process.execPath, [OWNER, stateDir], { stdio: 'ignore' });
      const ended = new Promise((done) => child.once('exit', done));
      const kill = setTimeout(() => child.kill('SIGKILL'), afterMs);
      await ended;
      clearTimeout(kill);
      await expect.poll(() => processesOf(stateDir), { timeout: 60_000 }).toEqual([]);
    }
    const last = await own(stateDir);
    await last.end('SIGTERM');
    await nothingIsLeft(stateDir);
  }, 300_000);
});
