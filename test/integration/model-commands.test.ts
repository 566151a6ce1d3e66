/** `pde model` from gate to record: the commands, the gates as a process, and scoring as a process. */
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureApiKeys } from '../../services/cli/api-keys.ts';
import { championOf, gateModel, listModels, promoteModel, rollBackModel } from '../../services/cli/commands/model.ts';
import type { EngineFile, RunningEngine } from '../../services/cli/engine-file.ts';
import { writeVariant } from '../support/model-variant.ts';
import { createScoringPeers, type ScoringPeers } from './scoring-peers.ts';
import { type ScoringProcess, startScoring } from './scoring-process.ts';
import { ROOT, type ScoringDatabase, scoringDatabase } from './scoring-support.ts';

const FIXTURES = join(ROOT, 'test', 'fixtures', 'gates');
const GOOD = { name: 'gates', version: 'good' };
const BETTER = { name: 'gates', version: 'better' };
const UNFAIR = { name: 'gates', version: 'unfair' };

let peers: ScoringPeers;
let db: ScoringDatabase;
let scoring: ScoringProcess;
let engine: RunningEngine;
let options: { root: string; table: string; seed: number; signal: AbortSignal };
const before = { models: process.env.PDE_MODELS_DIR, model: process.env.PDE_MODEL_DIR };

beforeAll(async () => {
  peers = await createScoringPeers();
  db = await scoringDatabase();
  const models = join(peers.directory, 'models');
  const folderOf = ({ version }: { version: string }) => join(models, 'gates', version);
  await mkdir(join(models, 'gates'), { recursive: true });
  await cp(join(FIXTURES, 'good'), folderOf(GOOD), { recursive: true });
  await cp(join(FIXTURES, 'unfair'), folderOf(UNFAIR), { recursive: true });
  process.env.PDE_MODELS_DIR = models;
  process.env.PDE_MODEL_DIR = folderOf(GOOD);
  options = { root: ROOT, table: join(FIXTURES, 'table.parquet'), seed: 1, signal: new AbortController().signal };
  // As many more misses foreseen as came: the log-loss falls, and the ranking is the same.
  const { text } = await gateModel(GOOD, null, { ...options, json: true });
  const { value } = JSON.parse(text).findings.find(({ gate }: { gate: string }) => gate === 'observed_expected');
  await writeVariant(folderOf(GOOD), folderOf(BETTER), { version: 'better', shift: Math.sign(value - 1) * 0.002 });
  const { ringFile } = ensureApiKeys(peers.directory);
  const settings = { PDE_MODEL_DIR: folderOf(GOOD), PDE_MODELS_DIR: models, PDE_API_KEYS_FILE: ringFile };
  scoring = await startScoring(peers.environment(db, settings));
  engine = { stateDir: peers.directory, engine: { rpc: { scoring: scoring.url } } as EngineFile };
});
afterAll(async () => {
  for (const [name, value] of [['PDE_MODELS_DIR', before.models] as const, ['PDE_MODEL_DIR', before.model] as const]) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  expect(await scoring.stop()).toBe(0);
  await db.close();
  await peers.close();
});

describe('pde model', () => {
  it('refuses an unfair model with the reasons, and the champion stays', async () => {
    const { text, ok } = await promoteModel(engine, UNFAIR, options);
    expect(ok).toBe(false);
    expect(text).toMatch(
      /^REFUSED fairness_opportunity .*\(groups' shares of misses that are seen differ by at most 0\.1\)/m,
    );
    expect(text).toMatch(/^gates\/unfair is refused, against gates\/good, on \d+ rows with \d+ misses$/m);
    expect(await championOf(engine)).toMatchObject(GOOD);
  });

  it('puts a better one in force, keeps the report byte for byte, and rolls back', async () => {
    const gated = await gateModel(BETTER, await championOf(engine), { ...options, json: true });
    const { text, ok } = await promoteModel(engine, BETTER, { ...options, reason: 'it foresees as many as come' });
    expect(ok).toBe(true);
    expect(text).toMatch(/promoted gates\/better by operator: it foresees as many as come$/);
    const { rows } = await db.admin.query<{ gate_report: Buffer }>(
      `SELECT gate_report FROM scoring.promotions WHERE action = 'promote'`,
    );
    expect(rows.map((row) => row.gate_report.toString('utf8'))).toEqual([gated.text]);
    expect(await championOf(engine)).toMatchObject(BETTER);
    expect(await rollBackModel(engine, { reason: 'enough' })).toMatch(
      /rolled back to gates\/good by operator: enough$/,
    );
    expect(await championOf(engine)).toMatchObject(GOOD);
  });

  it('lists what there is, and every act', async () => {
    const lines = (await listModels(engine, {})).split('\n');
    expect(lines[0]).toMatch(/^gates\/better +retired$/);
    expect(lines[1]).toMatch(/^gates\/good +champion, scores now$/);
    expect(lines[2]).toMatch(/^gates\/unfair +candidate$/);
    expect(lines.slice(4).map((line) => line.replace(/^ *(\d+) .*Z {2}/, '$1 '))).toEqual([
      '3 rolled back to gates/good by operator: enough',
      '2 promoted gates/better by operator: it foresees as many as come',
      '1 began with gates/good by scoring: there was no record of this feature set',
    ]);
    const json = JSON.parse(await listModels(engine, { json: true }));
    expect(json.models.map((model: { state: string }) => model.state)).toEqual([
      'STATE_RETIRED',
      'STATE_CHAMPION',
      'STATE_CANDIDATE',
    ]);
  });

  it('names a model that is not there', async () => {
    const absent = gateModel({ name: 'gates', version: 'absent' }, null, options);
    await expect(absent).rejects.toThrow(/there is no model gates\/absent in /);
  });
});
