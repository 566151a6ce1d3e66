import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Code, ConnectError } from '@connectrpc/connect';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CounterfactualOutcome } from '../../gen/pde/scoring/v1/explanation_pb.ts';
import { ListedModel_State, Promotion_Action } from '../../gen/pde/scoring/v1/model_pb.ts';
import { ScoreFeaturesResult_Outcome } from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import type { JudgedModel } from '../../services/domain/gates/report.ts';
import { readManifest } from '../../services/scoring/model/files.ts';
import { writeVariant } from '../support/model-variant.ts';
import { createModelsKit, type ModelsKit, rowOf, versionOn } from './scoring-models-kit.ts';
import { asAuditor, asClient, asFeatures, asModelOperator, asOfficer, codeOf } from './scoring-peers.ts';
import { runToExit, type ScoringProcess } from './scoring-process.ts';
import { MODEL_DIRECTORY, type ScoringDatabase, scoringDatabase } from './scoring-support.ts';

let kit: ModelsKit;
let shipped: JudgedModel;
let nextSha256: string;
beforeAll(async () => {
  kit = await createModelsKit();
  ({ shipped, nextSha256 } = kit);
});
afterAll(() => kit.close());

describe('what may be put in force', () => {
  let db: ScoringDatabase;
  let scoring: ScoringProcess;
  beforeAll(async () => {
    await writeVariant(MODEL_DIRECTORY, kit.folderOf('altered'), { version: 'altered', shift: 0.25 });
    await writeFile(join(kit.folderOf('altered'), 'model.onnx'), 'altered');
    db = await scoringDatabase();
    scoring = await kit.start(db);
  });
  afterAll(async () => {
    await kit.stopAll();
    await db.close();
  });
  // Whatever is refused, the champion stays.
  beforeEach(() => async () => expect(await versionOn(scoring)).toBe(shipped.version));

  it('is what the gates accepted, byte for byte: an altered file or another manifest is refused', async () => {
    const operator = asModelOperator(scoring.url);
    const { manifestSha256 } = await readManifest(kit.folderOf('altered'));
    const altered = operator.promoteModel(kit.promotionOf('altered', manifestSha256));
    await expect(altered).rejects.toThrow(/model refused by the hash check: model\.onnx has the SHA-256/);
    const other = operator.promoteModel(kit.promotionOf('next', 'f'.repeat(64)));
    await expect(other).rejects.toThrow(/manifest\.json of .*\/next has the SHA-256/);
    const absent = operator.promoteModel(kit.promotionOf('absent', nextSha256));
    await expect(absent).rejects.toMatchObject({ code: Code.FailedPrecondition });
  });

  it('was accepted, and judged against the champion of now', async () => {
    const operator = asModelOperator(scoring.url);
    const refused = operator.promoteModel(kit.promotionOf('next', nextSha256, shipped, false));
    await expect(refused).rejects.toThrow(/the gates refused .*\/next: auc_difference/);
    const stale = kit.promotionOf('next', nextSha256, { ...shipped, version: '0' });
    expect(await codeOf(operator.promoteModel(stale))).toBe(Code.Aborted);
    expect(await codeOf(operator.promoteModel(kit.promotionOf('next', nextSha256, null)))).toBe(Code.Aborted);
    const again = operator.promoteModel(kit.promotionOf(shipped.version, shipped.manifestSha256));
    await expect(again).rejects.toThrow(/is in force already/);
  });

  it('is named by its report, which is one', async () => {
    const operator = asModelOperator(scoring.url);
    const request = kit.promotionOf('next', nextSha256);
    const other = operator.promoteModel({ ...request, version: 'altered' });
    await expect(other).rejects.toThrow(/gate_report is about .*\/next/);
    const none = operator.promoteModel({ ...request, gateReport: new TextEncoder().encode('{}') });
    await expect(none).rejects.toMatchObject({ code: Code.InvalidArgument });
    expect(await codeOf(operator.promoteModel({ ...request, name: '..' }))).toBe(Code.InvalidArgument);
  });

  it('is no ceiling, and nothing before the first', async () => {
    const shown = { version: 'ceiling', shift: 1, promotable: false };
    const manifestSha256 = await writeVariant(MODEL_DIRECTORY, kit.folderOf('ceiling'), shown);
    const operator = asModelOperator(scoring.url);
    await expect(operator.promoteModel(kit.promotionOf('ceiling', manifestSha256))).rejects.toThrow(/not promotable/);
    await expect(operator.rollBackModel({ reason: 'why not' })).rejects.toThrow(/no model was in force before/);
  });

  it('is decided by operators; auditors see the record', async () => {
    const request = kit.promotionOf('next', nextSha256);
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
      await kit.stopAll();
      await db.close();
    };
  });

  it('says what an instance begins with; a transaction keeps its score, and is explained by the model that made it', async () => {
    const before = await kit.start(db);
    const row = rowOf('C1', 1, 'T1');
    await asFeatures(before.url).scoreFeatures({ rows: [row] });
    await asModelOperator(before.url).promoteModel(kit.promotionOf('next', nextSha256));
    await kit.stopAll();
    const after = await kit.start(db);
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

  it('takes one of two acts at once; the other is told', async () => {
    const instances = [await kit.start(db), await kit.start(db)];
    const acts = instances.map(({ url }) => asModelOperator(url).promoteModel(kit.promotionOf('next', nextSha256)));
    const outcomes = await Promise.allSettled(acts);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const errors = outcomes.flatMap((each) =>
      each.status === 'rejected' ? [ConnectError.from(each.reason).code] : [],
    );
    expect([Code.Aborted, Code.FailedPrecondition]).toEqual(expect.arrayContaining(errors));
    expect((await asAuditor(instances[0]!.url).listModels({})).promotions).toHaveLength(2);
  });

  it('holds an instance to it: a champion that was altered since keeps it from becoming ready', async () => {
    const first = await kit.start(db);
    const version = 'later';
    const manifestSha256 = await writeVariant(MODEL_DIRECTORY, kit.folderOf(version), { version, shift: 0.1 });
    await asModelOperator(first.url).promoteModel(kit.promotionOf(version, manifestSha256));
    await kit.stopAll();
    await writeVariant(MODEL_DIRECTORY, kit.folderOf(version), { version, shift: 0.2 });
    const { code, said } = await runToExit(kit.peers.environment(db, { PDE_MODELS_DIR: kit.modelsDirectory }));
    expect(code).toBe(70);
    expect(said).toMatch(/model refused by the hash check: manifest\.json of .*\/later has the SHA-256/);
    await rm(kit.folderOf(version), { recursive: true });
  });

  it('goes on from what an older release began with, whose folder is gone', async () => {
    const old = { PDE_MODEL_DIR: kit.folderOf('old'), PDE_MODELS_DIR: join(kit.peers.directory, 'none') };
    await writeVariant(MODEL_DIRECTORY, kit.folderOf('old'), { version: 'old', shift: 0.3 });
    const before = await kit.start(db, old);
    expect(await versionOn(before)).toBe('old');
    await asFeatures(before.url).scoreFeatures({ rows: [rowOf('C1', 1, 'T1')] });
    await kit.stopAll();
    await rm(kit.folderOf('old'), { recursive: true });
    const after = await kit.start(db);
    expect(await versionOn(after)).toBe(shipped.version);
    const { models, promotions } = await asAuditor(after.url).listModels({});
    expect(promotions).toMatchObject([
      { promotion: 2n, action: Promotion_Action.FIRST, version: shipped.version, actor: 'scoring' },
      { promotion: 1n, action: Promotion_Action.FIRST, version: 'old' },
    ]);
    expect(models.find(({ version }) => version === 'old')).toMatchObject({ state: ListedModel_State.RETIRED });
    const { counterfactualOutcome } = await asOfficer(after.url).explainPrediction(rowOf('C1', 1, 'T1'));
    expect(counterfactualOutcome).toBe(CounterfactualOutcome.MODEL_NOT_LOADED);
  });

  it('is caught up with by an instance that lacked the files, once they are there; until then it keeps the old model and says so', async () => {
    const elsewhere = join(kit.peers.directory, 'elsewhere');
    const [complete, lacking] = [await kit.start(db), await kit.start(db, { PDE_MODELS_DIR: elsewhere })];
    await asModelOperator(complete.url).promoteModel(kit.promotionOf('next', nextSha256));
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
    await cp(kit.folderOf('next'), join(elsewhere, 'on-its-way'), { recursive: true });
    await rename(join(elsewhere, 'on-its-way'), join(elsewhere, shipped.name, 'next'));
    await vi.waitFor(async () => expect(await versionOn(lacking)).toBe('next'), { timeout: 30_000 });
    expect(await metrics()).toMatch(/^pde_model_behind\{.*\} 0$/m);
    expect(await metrics()).toMatch(/^pde_model_info\{.*version="next".*\} 1$/m);
    expect((await list()).notSwitchedReason).toBe('');
  });
});
