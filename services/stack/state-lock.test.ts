import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identify, isAlive } from './process-identity.ts';
import { assertUnowned, lockState } from './state-lock.ts';

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'pde-lock-'));
});
afterEach(() => rm(stateDir, { recursive: true }));

const ended = { pid: process.pid, startedAt: 'another boot, another process' };

describe('lockState', () => {
  it('refuses a directory that a live process owns, naming it', async () => {
    const lock = await lockState(stateDir);
    await expect(lockState(stateDir)).rejects.toThrow(`${stateDir} is in use by process ${process.pid} since 20`);
    expect(() => assertUnowned(stateDir)).toThrow('is in use');
    lock.release();
    expect(() => assertUnowned(stateDir)).not.toThrow();
  });

  it('takes over from an owner whose pid was given to another process since', async () => {
    await lockState(stateDir, ended);
    const lock = await lockState(stateDir);
    expect(() => assertUnowned(stateDir)).toThrow('is in use');
    lock.release();
  });

  it('ends what a dead owner and its dead guardian left running', async () => {
    const leftover = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
    const identity = identify(leftover.pid!)!;
    const dead = await lockState(stateDir, ended);
    dead.record(null, [{ ...identity, name: 'sleep', stopSignal: 'SIGTERM', stopRank: 0 }]);
    const lock = await lockState(stateDir);
    expect(isAlive(identity)).toBe(false);
    lock.release();
  });

  it('leaves alone a process that only has the pid of what a dead owner started', async () => {
    const other = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
    const identity = identify(other.pid!)!;
    const dead = await lockState(stateDir, ended);
    dead.record(null, [{ pid: other.pid!, startedAt: 'before', name: 'x', stopSignal: 'SIGKILL', stopRank: 0 }]);
    const lock = await lockState(stateDir);
    expect(isAlive(identity)).toBe(true);
    lock.release();
    other.kill('SIGKILL');
  });

  it('gives a stale directory to one of two that ask at once', async () => {
    await lockState(stateDir, ended);
    const results = await Promise.allSettled([lockState(stateDir), lockState(stateDir)]);
    expect(results.filter((each) => each.status === 'fulfilled')).toHaveLength(1);
  });

  it('ignores the leftovers of a draft', async () => {
    await writeFile(join(stateDir, 'owner.json.1'), '{');
    (await lockState(stateDir)).release();
  });
});
