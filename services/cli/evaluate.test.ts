import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findModel, trainingSeeds } from './model-versions.ts';

const folder = mkdtempSync(join(tmpdir(), 'pde-evaluate-'));
afterAll(() => rmSync(folder, { recursive: true }));

function evaluate(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'main.ts'), 'evaluate', ...args],
    { encoding: 'utf8', env: { ...process.env, PDE_STATE_ROOT: folder } },
  );
  return { status, stdout, stderr };
}

/** Small enough for a test: some 150 rows. */
const SMALL = ['--customers', '24', '--months', '16', '--from-month', '6', '--samples', '20'];

describe('pde evaluate --bank synthetic', () => {
  it('evaluates the shipped model on a bank that it makes, and answers the second time from what it has', () => {
    const first = evaluate(...SMALL, '--json');
    expect(first).toMatchObject({ status: 0, stderr: expect.stringContaining('data set: ') });
    const result = JSON.parse(first.stdout);
    expect(result).toMatchObject({
      request: { seed: 2002, months: 16, from_month: 6, parameters: 'default' },
      model: { name: 'synthetic', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      auc: expect.any(Number),
      auc_ci: [expect.any(Number), expect.any(Number)],
      oracle_auc: expect.any(Number),
      baselines: expect.any(Object),
      brier: expect.any(Number),
      ece: expect.any(Number),
      slope: expect.any(Number),
      of_oracle: { ratio: expect.any(Number), lo: expect.any(Number), hi: expect.any(Number) },
      observed_expected: expect.any(Number),
      least_positives: 3000,
      enough_positives: false,
    });
    expect(result).toHaveProperty('visible_auc');
    expect(result).toHaveProperty('of_visible');
    expect(result.positives).toBeGreaterThan(0);

    const again = evaluate(...SMALL, '--json');
    expect(again.stdout).toBe(first.stdout);
    expect(again.stderr).not.toContain('data set: ');

    const text = evaluate(...SMALL);
    expect(text.stdout).toContain('fewer than 3000: the intervals are wide');
    expect(text.stdout).toMatch(/the oracle +0\.\d{4} {2}\[/);
  }, 180_000);

  it.each([
    [['--bank', 'fort-knox'], '--bank is fort-knox: must be synthetic'],
    [['--model', 'clairvoyant'], 'there is no model clairvoyant/…: there is no version of it'],
    [['--from-month', '61'], '--from-month is 61: the bank has 60 months'],
  ])(
    'refuses %j with exit code 2, in words',
    (args, words) => {
      const { status, stdout, stderr } = evaluate(...args);
      expect(stderr).toContain(words);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    },
    60_000,
  );
});

describe('models by version', () => {
  const models = join(folder, 'models');
  for (const version of ['9', '10', 'ceiling']) {
    mkdirSync(join(models, 'm', version), { recursive: true });
    const bank = { kind: 'synthetic', seed: version === '10' ? 77 : 1 };
    writeFileSync(join(models, 'm', version, 'manifest.json'), JSON.stringify({ data: { sidecar: { bank } } }));
  }

  it('the latest is the highest number, with the ceiling beside it', () => {
    expect(findModel(models, 'm')).toEqual({
      directory: join(models, 'm', '10'),
      version: '10',
      ceiling: join(models, 'm', 'ceiling'),
    });
    expect(findModel(models, 'm', '9').version).toBe('9');
    expect(findModel(models, 'm', 'ceiling').ceiling).toBeNull();
    expect(() => findModel(models, 'm', '11')).toThrow('there is no model m/11: there is 9, 10, ceiling');
  });

  it('a manifest tells the seeds of the banks that the model was made from', () => {
    expect(trainingSeeds(join(models, 'm', '10'))).toEqual([77]);
  });
});
