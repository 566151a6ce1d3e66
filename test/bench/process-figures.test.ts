import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, vi } from 'vitest';
import { figuresOf, usedBetween } from './process-figures.ts';

// On a machine that is busy with more than it can do, a process waits long for its turns.
vi.setConfig({ testTimeout: 60_000 });

/** Takes 60 ms of processor time, and then does what it is told. */
const WORK = 'while (process.cpuUsage().user < 60_000);';

it('counts the time of a child that has ended with the parent that waited for it', () => {
  const before = figuresOf(process.pid);
  spawnSync(process.execPath, ['-e', WORK]);
  expect(usedBetween(before, figuresOf(process.pid)).cpuS).toBeGreaterThanOrEqual(0.05);
});

it('counts a child that lives only where children are asked for, and tells its memory', async () => {
  const child = spawn(process.execPath, ['-e', `${WORK} console.log('done'); setInterval(() => {}, 1000);`]);
  try {
    await once(child.stdout, 'data');
    const [alone, all, ofChild] = [figuresOf(process.pid), figuresOf(process.pid, true), figuresOf(child.pid!)];
    expect(all.cpuS - alone.cpuS).toBeGreaterThanOrEqual(0.05);
    expect(all.peakMb - alone.peakMb).toBeGreaterThan(ofChild.peakMb / 2);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

it('says that there is no such process', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  expect(() => figuresOf(child.pid!)).toThrow(`there is no process ${child.pid}`);
});
