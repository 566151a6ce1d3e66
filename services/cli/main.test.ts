import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const stateRoot = mkdtempSync(join(tmpdir(), 'pde-usage-'));
afterAll(() => rmSync(stateRoot, { recursive: true }));

function pde(...args: string[]) {
  const main = join(import.meta.dirname, 'main.ts');
  return spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: { ...process.env, PDE_STATE_ROOT: stateRoot },
  });
}

describe('pde', () => {
  it.each([
    [['fly'], "unknown command 'fly'"],
    [['start', '--customers', '0'], "'0' is invalid. must be a whole number from 1"],
    [['start', '--bank', 'fort-knox'], '--bank is fort-knox: must be synthetic or berka'],
    [['start', '--bank', 'berka', '--data', join(stateRoot, 'nowhere')], 'there is no such folder'],
    [['model', 'gate', 'synthetic', '--table', import.meta.filename], 'must be a name and a version'],
    [['model', 'promote', '../2', '--table', import.meta.filename], 'must be a name and a version'],
    [['model', 'promote', 'synthetic/5', '--table', join(stateRoot, 'none.parquet')], 'there is no such file'],
    [['model', 'promote', 'synthetic/5'], "required option '--table <file>' not specified"],
    [['model', 'rollback'], "required option '--reason <text>' not specified"],
    [['start', '--instances', 'gateway=2'], 'must be features=N, scoring=N or interventions=N'],
  ])('refuses %j before it starts anything, in a line', (args, line) => {
    const { status, stderr, stdout } = pde(...args);
    expect(stderr).toContain(line);
    expect(stderr.trim().split('\n')).toHaveLength(2);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it('says in a line that no engine is running', () => {
    const { status, stderr } = pde('reconcile');
    expect(status).toBe(1);
    expect(stderr).toBe(`pde: no engine is running in ${stateRoot}: start one with npm start, and leave it up\n`);
  });
});
