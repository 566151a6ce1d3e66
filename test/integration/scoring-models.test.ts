import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CounterfactualOutcome } from '../../gen/pde/scoring/v1/explanation_pb.ts';
import { ListedModel_State, Promotion_Action } from '../../gen/pde/scoring/v1/model_pb.ts';
import { ScoreFeaturesResult_Outcome } from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { finding } from '../../services/domain/gates/finding.ts';
import { gateReport, type JudgedModel } from '../../services/domain/gates/report.ts';
import { CATALOGUE_NAMES } from '../../services/scoring/model/catalogue-names.ts';
import { readManifest } from '../../services/scoring/model/files.ts';
import { loadModel, type Model } from '../../services/scoring/model/load.ts';
import type { Prediction } from '../../services/scoring/store/prediction.ts';
import { readPrediction } from '../../services/scoring/store/read-prediction.ts';
import { writeVariant } from '../support/model-variant.ts';
import {
  asAuditor,
  asClient,
  asFeatures,
  asModelOperator,
  asOfficer,
  codeOf,
  createScoringPeers,
  type ScoringPeers,
} from './scoring-peers.ts';
import { runToExit, type ScoringProcess, startScoring } from './scoring-process.ts';
import {
  MODEL_DIRECTORY,
  predictionId,
  predictionOf,
  type ScoringDatabase,
  scoringDatabase,
  vectorOf,
} from './scoring-support.ts';

let peers: ScoringPeers;
/** The model that every engine here begins with. */
let shipped: JudgedModel;
let nextSha256: string;
/** Folder of all models, with the variant "next". */
let modelsDirectory: string;
const running: ScoringProcess[] = [];

beforeAll(async () => {
  peers = await createScoringPeers();
  const { manifest, manifestSha256 } = await readManifest(MODEL_DIRECTORY);
  shipped = { name: manifest.name, version: manifest.version, manifestSha256 };
  modelsDirectory = join(peers.directory, 'models');
  await mkdir(join(modelsDirectory, shipped.name), { recursive: true });
  await cp(MODEL_DIRECTORY, folderOf(shipped.version), { recursive: true });
  nextSha256 = await writeVariant(MODEL_DIRECTORY, folderOf('next'), { version: 'next', shift: 0.5 });
});
afterAll(() => peers.close());

const folderOf = (version: string) => join(modelsDirectory, shipped.name, version);

async function start(db: ScoringDatabase, change: Readonly<Record<string, string>> = {}): Promise<ScoringProcess> {
  const settings = { PDE_MODELS_DIR: modelsDirectory, PDE_MODEL_POLL_MS: '100', ...change };
  const process = await startScoring(peers.environment(db, settings));
  running.push(process);
  return process;
}

async function stopAll(): Promise<void> {
  for (const process of running.splice(0)) expect(await process.stop()).toBe(0);
}

/** A promotion of the version, as the gates would let it be asked for. */
function promotionOf(version: string, manifestSha256: string, champion: JudgedModel | null = shipped, holds = true) {
  const findings = [finding('auc_difference', holds, 0.01, 'lower 95 % bound above -0.005', 'better')];
  const verdict = holds
    ? ({ kind: 'accepted', findings } as const)
    : ({ kind: 'refused', findings, reasons: findings } as const);
  const report = gateReport(verdict, {
    candidate: { name: shipped.name, version, manifestSha256 },
    champion,
    featureSetVersion: CATALOGUE_NAMES.version,
    table: { sha256: 'a'.repeat(64), rows: 1, positives: 1, customers: 1 },
    levels: null,
    bootstrap: { samples: 1, seed: 1 },
  });
  return {
    name: shipped.name,
    version,
    gateReport: new TextEncoder().encode(JSON.stringify(report)),
    reason: 'a test',
  };
}

const rowOf = (customerId: string, seed: number, transactionId: string) => ({
  predictionId: predictionId(customerId, transactionId),
  transactionId,
  vector: vectorOf(customerId, seed),
});
const versionOn = async ({ url }: ScoringProcess) => (await asClient(url).getModel({})).model!.version;

/** Calls of 4 rows, one after the other, until it is told to end; answers the rows of each call. */
function stream({ url }: ScoringProcess, name: string) {
  let ended = false;
  const calls: ReturnType<typeof rowOf>[][] = [];
  const done = (async () => {
    const client = asFeatures(url);
    while (!ended) {
      const rows = Array.from({ length: 4 }, (_, i) =>
        rowOf(`${name}${i}`, calls.length % 50, `${name}-${calls.length}`),
      );
      const { results } = await client.scoreFeatures({ rows });
      expect(results.map(({ outcome }) => outcome)).toEqual(rows.map(() => ScoreFeaturesResult_Outcome.SCORED));
      calls.push(rows);
    }
    return calls;
  })();
  /** Resolves after so many calls more. */
  const further = (count: number) => {
    const wanted = calls.length + count;
    return vi.waitFor(() => expect(calls.length).toBeGreaterThanOrEqual(wanted), { timeout: 60_000, interval: 5 });
  };
  const end = () => {
    ended = true;
    return done;
  };
  return { further, end };
}

describe('a promotion under load', () => {
  it('switches both instances without a restart, no call mixes two models, and every score is its model’s to the bit', async () => {
    const db = await scoringDatabase();
    // At once: one of them records what both begin with.
    const instances = await Promise.all([start(db), start(db)]);
    const [first, second] = instances;
    const models: Record<string, Model> = {
      [shipped.version]: await loadModel(MODEL_DIRECTORY, CATALOGUE_NAMES, 0),
      next: await loadModel(folderOf('next'), CATALOGUE_NAMES, 0),
    };
    const streams = instances.map((instance, i) => stream(instance, i === 0 ? 'A' : 'B'));
    const everyStream = (count: number) => Promise.all(streams.map(({ further }) => further(count)));
    const everyoneOn = (version: string) =>
      vi.waitFor(async () => expect(await Promise.all(instances.map(versionOn))).toEqual([version, version]), {
        timeout: 30_000,
        interval: 20,
      });
    await everyStream(10);
    const { promotion } = await asModelOperator(first.url).promoteModel(promotionOf('next', nextSha256));
    expect(await versionOn(first)).toBe('next');
    expect(promotion).toMatchObject({
      promotion: 2n,
      action: Promotion_Action.PROMOTE,
      actor: 'ops',
      reason: 'a test',
    });
    await everyoneOn('next');
    await everyStream(10);
    await asModelOperator(second.url).rollBackModel({ reason: 'back again' });
    expect(await versionOn(second)).toBe(shipped.version);
    await everyoneOn(shipped.version);
    await everyStream(10);
    const calls = (await Promise.all(streams.map(({ end }) => end()))).flat();
    const versions = new Set<string>();
    for (const call of calls) {
      const stored = await Promise.all(
        call.map((row) => readPrediction(db.pool, row.predictionId, CATALOGUE_NAMES.names)),
      );
      const version = stored[0]!.modelVersion;
      versions.add(version);
      for (const [i, row] of call.entries()) {
        const expected: Prediction = await predictionOf(models[version]!, row.vector, row.transactionId);
        expect(stored[i]).toEqual(expected);
      }
    }
    expect([...versions].sort()).toEqual([shipped.version, 'next'].sort());
    for (const model of Object.values(models)) await model.release();
    await stopAll();
    await db.close();
  });
});

describe('what may be put in force', () => {
  let db: ScoringDatabase;
  let scoring: ScoringProcess;
  beforeAll(async () => {
    await writeVariant(MODEL_DIRECTORY, folderOf('altered'), { version: 'altered', shift: 0.25 });
    await writeFile(join(folderOf('altered'), 'model.onnx'), 'altered');
    db = await scoringDatabase();
    scoring = await start(db);
  });
  afterAll(async () => {
    await stopAll();
    await db.close();
  });
  // Whatever is refused, the champion stays.
  beforeEach(() => async () => expect(await versionOn(scoring)).toBe(shipped.version));

  it('is what the gates accepted, byte for byte: an altered file or another manifest is refused', async () => {
    const operator = asModelOperator(scoring.url);
    const { manifestSha256 } = await readManifest(folderOf('altered'));
    const altered = operator.promoteModel(promotionOf('altered', manifestSha256));
    await expect(altered).rejects.toThrow(/model refused by the hash check: model\.onnx has the SHA-256/);
    const other = operator.promoteModel(promotionOf('next', 'f'.repeat(64)));
    await expect(other).rejects.toThrow(/manifest\.json of .*\/next has the SHA-256/);
    const absent = operator.promoteModel(promotionOf('absent', nextSha256));
    await expect(absent).rejects.toMatchObject({ code: Code.FailedPrecondition });
  });

  it('was accepted, and judged against the champion of now', async () => {
    const operator = asModelOperator(scoring.url);
    const refused = operator.promoteModel(promotionOf('next', nextSha256, shipped, false));
    await expect(refused).rejects.toThrow(/the gates refused .*\/next: auc_difference/);
    const stale = promotionOf('next', nextSha256, { ...shipped, version: '0' });
    expect(await codeOf(operator.promoteModel(stale))).toBe(Code.Aborted);
    expect(await codeOf(operator.promoteModel(promotionOf('next', nextSha256, null)))).toBe(Code.Aborted);
    const again = operator.promoteModel(promotionOf(shipped.version, shipped.manifestSha256));
    await expect(again).rejects.toThrow(/is in force already/);
  });

  it('is named by its report, which is one', async () => {
    const operator = asModelOperator(scoring.url);
    const request = promotionOf('next', nextSha256);
    const other = operator.promoteModel({ ...request, version: 'altered' });
    await expect(other).rejects.toThrow(/gate_report is about .*\/next/);
    const none = operator.promoteModel({ ...request, gateReport: new TextEncoder().encode('{}') });
    await expect(none).rejects.toMatchObject({ code: Code.InvalidArgument });
    expect(await codeOf(operator.promoteModel({ ...request, name: '..' }))).toBe(Code.InvalidArgument);
  });

  it('is no ceiling, and nothing before the first', async () => {
    const shown = { version: 'ceiling', shift: 1, promotable: false };
    const manifestSha256 = await writeVariant(MODEL_DIRECTORY, folderOf('ceiling'), shown);
    const operator = asModelOperator(scoring.url);
    await expect(operator.promoteModel(promotionOf('ceiling', manifestSha256))).rejects.toThrow(/not promotable/);
    await expect(operator.rollBackModel({ reason: 'why not' })).rejects.toThrow(/no model was in force before/);
  });

  it('is decided by operators; auditors see the record', async () => {
    const request = promotionOf('next', nextSha256);
    expect(await codeOf(asClient(scoring.url).promoteModel(request))).toBe(Code.PermissionDenied);
    expect(await codeOf(asAuditor(scoring.url).promoteModel(request))).toBe(Code.PermissionDenied);
    expect(await codeOf(asClient(scoring.url).listModels({}))).toBe(Code.PermissionDenied);
    const { models, promotions, notSwitchedReason } = await asAuditor(scoring.url).listModels({});
    expect(notSwitchedReason).toBe('');
    expect(promotions).toMatchObject([{ promotion: 1n, action: Promotion_Action.FIRST, actor: 'scoring' }]);
    const own = models.find(({ version }) => version === shipped.version);
    expect(own).toMatchObject({ state: ListedModel_State.CHAMPION, inForceHere: true, problem: '' });
    expect(models.find(({ version }) => version === 'next')).toMatchObject({ state: ListedModel_State.CANDIDATE });
  });
});

describe('the record', () => {
  let db: ScoringDatabase;
  beforeEach(async () => {
    db = await scoringDatabase();
    return async () => {
      await stopAll();
      await db.close();
    };
  });

  it('says what an instance begins with; a transaction keeps its score, and is explained by the model that made it', async () => {
    const before = await start(db);
    const row = rowOf('C1', 1, 'T1');
    await asFeatures(before.url).scoreFeatures({ rows: [row] });
    await asModelOperator(before.url).promoteModel(promotionOf('next', nextSha256));
    await stopAll();
    const after = await start(db);
    expect(await versionOn(after)).toBe('next');
    const { results } = await asFeatures(after.url).scoreFeatures({ rows: [row, rowOf('C1', 2, 'T2')] });
    expect(results).toHaveLength(2);
    const { rows } = await db.admin.query('SELECT transaction_id, model_version FROM scoring.predictions ORDER BY 1');
    expect(rows).toEqual([
      { transaction_id: 'T1', model_version: shipped.version },
      { transaction_id: 'T2', model_version: 'next' },
    ]);
    const { prediction, counterfactualOutcome } = await asOfficer(after.url).explainPrediction(row);
    expect(prediction!.modelVersion).toBe(shipped.version);
    expect(counterfactualOutcome).not.toBe(CounterfactualOutcome.MODEL_NOT_LOADED);
  });

  it('holds an instance to it: a champion that was altered since keeps it from becoming ready', async () => {
    const first = await start(db);
    const version = 'later';
    const manifestSha256 = await writeVariant(MODEL_DIRECTORY, folderOf(version), { version, shift: 0.1 });
    await asModelOperator(first.url).promoteModel(promotionOf(version, manifestSha256));
    await stopAll();
    await writeVariant(MODEL_DIRECTORY, folderOf(version), { version, shift: 0.2 });
    const { code, said } = await runToExit(peers.environment(db, { PDE_MODELS_DIR: modelsDirectory }));
    expect(code).toBe(70);
    expect(said).toMatch(/model refused by the hash check: manifest\.json of .*\/later has the SHA-256/);
    await rm(folderOf(version), { recursive: true });
  });

  it('is caught up with by an instance that lacked the files, once they are there; until then it keeps the old model and says so', async () => {
    const elsewhere = join(peers.directory, 'elsewhere');
    const [complete, lacking] = [await start(db), await start(db, { PDE_MODELS_DIR: elsewhere })];
    await asModelOperator(complete.url).promoteModel(promotionOf('next', nextSha256));
    const list = () => asModelOperator(lacking.url).listModels({});
    await vi.waitFor(async () => expect((await list()).notSwitchedReason).toMatch(/manifest check/), {
      timeout: 20_000,
    });
    expect(await versionOn(lacking)).toBe(shipped.version);
    const { results } = await asFeatures(lacking.url).scoreFeatures({ rows: [rowOf('C2', 1, 'T1')] });
    expect(results[0]!.outcome).toBe(ScoreFeaturesResult_Outcome.SCORED);
    const metrics = async () => (await fetch(`${lacking.opsUrl}/metrics`)).text();
    expect(await metrics()).toMatch(/^pde_model_behind\{.*\} 1$/m);
    await mkdir(join(elsewhere, shipped.name), { recursive: true });
    await cp(folderOf('next'), join(elsewhere, 'on-its-way'), { recursive: true });
    await rename(join(elsewhere, 'on-its-way'), join(elsewhere, shipped.name, 'next'));
    await vi.waitFor(async () => expect(await versionOn(lacking)).toBe('next'), { timeout: 30_000 });
    expect(await metrics()).toMatch(/^pde_model_behind\{.*\} 0$/m);
    expect(await metrics()).toMatch(/^pde_model_info\{.*version="next".*\} 1$/m);
    expect((await list()).notSwitchedReason).toBe('');
  });
});
