import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Code } from '@connectrpc/connect';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Prediction_Origin } from '../../gen/pde/events/v1/prediction_pb.ts';
import { CounterfactualOutcome } from '../../gen/pde/scoring/v1/explanation_pb.ts';
import { RiskLevel } from '../../gen/pde/scoring/v1/prediction_pb.ts';
import { ScoreFeaturesResult_Outcome } from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { CATALOGUE, FEATURE_COUNT, FEATURE_SET_VERSION } from '../../services/domain/features/catalogue.ts';
import { partitionOf } from '../../services/platform/kafka/partition.ts';
import { type Manifest, readModelFiles } from '../../services/scoring/model/files.ts';
import {
  asClient,
  asFeatures,
  asOperator,
  codeOf,
  createScoringPeers,
  type ScoringPeers,
  topic,
} from './scoring-peers.ts';
import { runToExit, type ScoringProcess, startScoring } from './scoring-process.ts';
import {
  predictionId as idOf,
  MODEL_DIRECTORY,
  type ScoringDatabase,
  scoringDatabase,
  vectorOf,
} from './scoring-support.ts';

const CLOSED_PORT = '127.0.0.1:1';

let peers: ScoringPeers;
let manifest: Manifest;
/** Of the tests that share one process. */
let shared: { readonly db: ScoringDatabase; readonly process: ScoringProcess };

beforeAll(async () => {
  peers = await createScoringPeers();
  ({ manifest } = await readModelFiles(MODEL_DIRECTORY));
});
afterAll(() => peers.close());

const rowOf = (customerId: string, seed: number, transactionId = `T${seed}`) => ({
  predictionId: idOf(customerId, transactionId),
  transactionId,
  vector: vectorOf(customerId, seed),
});

/** Last position of each shard of the outbox. */
async function positions(url: string): Promise<readonly bigint[]> {
  const { outboxes } = await asOperator(url).getPosition({});
  return outboxes.map(({ lastPosition }) => lastPosition);
}

describe('while it runs', () => {
  beforeAll(async () => {
    const db = await scoringDatabase();
    shared = { db, process: await startScoring(peers.environment(db)) };
  });
  afterAll(async () => {
    expect(await shared.process.stop()).toBe(0);
    await shared.db.close();
  });

  describe('ScoreFeatures', () => {
    it('answers what stands, and publishes it with its scheduled time to the partition of its customer', async () => {
      const { url } = shared.process;
      const scheduledSendTime = { seconds: 1_764_000_000n, nanos: 123_456_000 };
      const rows = [{ ...rowOf('C1', 1), scheduledSendTime }, rowOf('C2', 2)];
      const { results } = await asFeatures(url).scoreFeatures({ rows });
      expect(results.map(({ outcome }) => outcome)).toEqual(rows.map(() => ScoreFeaturesResult_Outcome.SCORED));
      const records = await peers.published(rows.map((row) => row.predictionId));
      const events = await Promise.all(records.map(peers.decoded));
      const first = events.findIndex((event) => event.customerId === 'C1');
      expect(records).toHaveLength(2);
      expect(events[first]).toMatchObject({
        origin: Prediction_Origin.TRANSACTION,
        transactionId: 'T1',
        ledgerPosition: 2n,
        features: rows[0]!.vector.values,
        vectorSha256: results[0]!.standingVectorSha256,
        modelName: manifest.name,
        horizonDays: 45,
      });
      expect(records[first]).toMatchObject({
        partition: partitionOf('C1', topic.partitions),
        headers: { 'pde-scheduled-send-us': '1764000000123456' },
      });
      expect(Buffer.from(records[first]!.key!).toString()).toBe('C1');
      expect(records[1 - first]!.headers).toEqual({});
    });

    it('refuses a row whose id does not follow from its transaction, one of another feature set, and a caller that is no service', async () => {
      const { url } = shared.process;
      const row = rowOf('C6', 6);
      const scoreAs = asFeatures(url);
      const wrongId = scoreAs.scoreFeatures({ rows: [rowOf('C7', 7), { ...row, transactionId: 'T9' }] });
      await expect(wrongId).rejects.toThrow(/rows\[1\]\.prediction_id is not the id/);
      const old = { ...row, vector: vectorOf('C6', 6, { featureSetVersion: '0' }) };
      expect(await codeOf(scoreAs.scoreFeatures({ rows: [old] }))).toBe(Code.FailedPrecondition);
      const short = { ...row, vector: vectorOf('C6', 6, { values: [1, 2, 3] }) };
      await expect(scoreAs.scoreFeatures({ rows: [short] })).rejects.toThrow(/rows\[0\]\.vector\.values are 3/);
      expect(await codeOf(asClient(url).scoreFeatures({ rows: [row] }))).toBe(Code.PermissionDenied);
      const { rows } = await shared.db.admin.query(
        `SELECT 1 FROM scoring.predictions WHERE customer_id IN ('C6', 'C7')`,
      );
      expect(rows).toEqual([]);
    });
  });

  describe('Predict', () => {
    it('scores in the name of the end caller, once a key, and publishes', async () => {
      const { url } = shared.process;
      const request = { customerId: 'C1', idempotencyKey: 'key-00000001' };
      const { prediction } = await asClient(url).predict(request);
      expect(peers.callers).toEqual(['acme']);
      expect(prediction).toMatchObject({
        ...{ customerId: 'C1', horizonDays: 45, featuresTotal: FEATURE_COUNT, modelVersion: manifest.version },
      });
      expect(prediction!.summary).toMatch(/like this miss a payment$/);
      expect(prediction!.topReasons.every((reason) => reason.contribution > 0 && reason.text !== '')).toBe(true);
      const all = prediction!.topReasons.reduce(
        (sum, reason) => sum + reason.contribution,
        prediction!.otherContributions,
      );
      expect(prediction!.baseValue + all).toBeCloseTo(prediction!.margin, 4);
      expect((await asClient(url).predict(request)).prediction).toEqual(prediction);
      expect(peers.callers).toHaveLength(1);
      const [record] = await peers.published([prediction!.predictionId]);
      expect((await peers.decoded(record!)).origin).toBe(Prediction_Origin.REQUEST);
    });

    it('says NOT_FOUND for an unknown customer, ALREADY_EXISTS for a key used for something else, and no score of the future', async () => {
      const { url } = shared.process;
      const predict = asClient(url);
      const idempotencyKey = 'key-00000002';
      expect(await codeOf(predict.predict({ customerId: 'nobody', idempotencyKey }))).toBe(Code.NotFound);
      await predict.predict({ customerId: 'C1', idempotencyKey });
      expect(await codeOf(predict.predict({ customerId: 'C2', idempotencyKey }))).toBe(Code.AlreadyExists);
      const observationTime = { seconds: 1_700_000_000n, nanos: 0 };
      const otherTime = predict.predict({ customerId: 'C1', idempotencyKey, observationTime });
      expect(await codeOf(otherTime)).toBe(Code.AlreadyExists);
      const toCome = { seconds: 4_000_000_000n, nanos: 0 };
      const future = predict.predict({ customerId: 'C1', idempotencyKey: 'key-00000003', observationTime: toCome });
      await expect(future).rejects.toThrow(/observation_time is still to come/);
    });

    it('answers and records a time that the caller names, and never publishes it', async () => {
      const { url } = shared.process;
      const observationTime = { seconds: 1_600_000_000n, nanos: 0 };
      const before = await positions(url);
      const { prediction } = await asClient(url).predict({
        ...{ customerId: 'C9', idempotencyKey: 'key-00000004', observationTime },
      });
      const stored = await asClient(url).getPrediction({ predictionId: prediction!.predictionId });
      expect(stored.prediction).toEqual(prediction);
      expect(stored.vector).toEqual(vectorOf('C9', 1, { observationTime }));
      expect(stored.contributions).toHaveLength(FEATURE_COUNT);
      expect(await positions(url)).toEqual(before);
      const { customers } = await asClient(url).listHighRiskCustomers({ minRiskLevel: RiskLevel.LOW });
      expect(customers.map(({ customerId }) => customerId)).not.toContain('C9');
    });

    it('answers each of a batch for itself, in order, also where one breaks its rules', async () => {
      const { url } = shared.process;
      const customers = ['C1', 'nobody', 'no customer', 'C2'];
      const requests = customers.map((customerId, i) => ({ customerId, idempotencyKey: `batch-00${i}` }));
      const { results } = await asClient(url).batchPredict({ requests });
      expect(results.map(({ customerId }) => customerId)).toEqual(customers);
      expect(results.map(({ result }) => result.case)).toEqual(['prediction', 'error', 'error', 'prediction']);
      expect(results[1]!.result.value).toMatchObject({ code: 'not_found' });
      const message = expect.stringMatching(/^customer_id does not match [^(]+$/);
      expect(results[2]!.result.value).toMatchObject({ code: 'invalid_argument', message });
    });
  });

  describe('ExplainPrediction', () => {
    it('answers what is stored with its codes, and counterfactuals by the model in force', async () => {
      const { url } = shared.process;
      const { prediction } = await asClient(url).predict({ customerId: 'C8', idempotencyKey: 'key-00000005' });
      const { predictionId } = prediction!;
      const stored = await asClient(url).getPrediction({ predictionId });
      const answer = await asClient(url).explainPrediction({ predictionId });
      expect(answer.prediction).toEqual(stored.prediction);
      expect(answer.contributions.map(({ contribution }) => contribution)).toEqual(stored.contributions);
      expect(answer.contributions.map(({ code }) => code)).toEqual(CATALOGUE.map(({ code }) => code));
      const { FOUND, NONE_FOUND, ALREADY_LOW } = CounterfactualOutcome;
      const searched = prediction!.riskLevel === RiskLevel.LOW ? [ALREADY_LOW] : [FOUND, NONE_FOUND];
      expect(searched).toContain(answer.counterfactualOutcome);
      expect(answer.counterfactuals.every(({ riskLevel }) => riskLevel < prediction!.riskLevel)).toBe(true);
    });

    it('is for clients, officers and auditors, about a score that is there', async () => {
      const { url } = shared.process;
      const predictionId = idOf('nobody', 'T0');
      expect(await codeOf(asClient(url).explainPrediction({ predictionId }))).toBe(Code.NotFound);
      expect(await codeOf(asClient(url).explainPrediction({ predictionId: 'P1' }))).toBe(Code.InvalidArgument);
      expect(await codeOf(asFeatures(url).explainPrediction({ predictionId }))).toBe(Code.PermissionDenied);
    });

    it('of another model explains what is stored, and re-scores nothing', async () => {
      const { url } = shared.process;
      const row = rowOf('X1', 1);
      await asFeatures(url).scoreFeatures({ rows: [row] });
      const other = `UPDATE scoring.predictions SET model_sha256 = $2 WHERE prediction_id = $1`;
      await shared.db.admin.query(other, [row.predictionId, Buffer.alloc(32)]);
      const { predictionId } = row;
      const answer = await asClient(url).explainPrediction({ predictionId });
      expect(answer.counterfactualOutcome).toBe(CounterfactualOutcome.MODEL_NOT_LOADED);
      expect(answer.contributions).toHaveLength(FEATURE_COUNT);
      await shared.db.admin.query(`UPDATE scoring.predictions SET feature_set_version = '0' WHERE prediction_id = $1`, [
        predictionId,
      ]);
      expect(await codeOf(asClient(url).explainPrediction({ predictionId }))).toBe(Code.FailedPrecondition);
    });
  });

  describe('the worklist and the operator', () => {
    it('pages through the latest scores, and counts what is stored', async () => {
      const { url } = shared.process;
      const rows = Array.from({ length: 5 }, (_, i) => rowOf(`W${i}`, i));
      await asFeatures(url).scoreFeatures({ rows });
      const list = asClient(url);
      const minRiskLevel = RiskLevel.LOW;
      const first = await list.listHighRiskCustomers({ minRiskLevel, pageSize: 3 });
      const { nextPageToken: pageToken } = first;
      const rest = await list.listHighRiskCustomers({ minRiskLevel, pageSize: 500, pageToken });
      const listed = [...first.customers, ...rest.customers];
      const ids = listed.map(({ customerId }) => customerId);
      expect(first.customers).toHaveLength(3);
      expect(ids).toEqual(expect.arrayContaining(rows.map((row) => row.vector.customerId)));
      expect(new Set(ids).size).toBe(ids.length);
      const probabilities = listed.map(({ probability }) => probability);
      expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
      expect(rest.nextPageToken).toBe('');
      expect(await codeOf(list.listHighRiskCustomers({ pageToken }))).toBe(Code.InvalidArgument);
      const operator = asOperator(url);
      const counted = await operator.getPosition({});
      const verified = await operator.getPosition({ verify: true });
      const countsOf = ({ stored }: typeof counted) => stored.map(({ kind, count }) => [kind, count]);
      expect(countsOf(verified)).toEqual(countsOf(counted));
      expect(verified.stored.map(({ kind }) => kind)).toEqual(['predictions', 'predictions_acted_on', 'refused']);
    });

    it('names the model in force', async () => {
      const { url } = shared.process;
      const { model } = await asClient(url).getModel({});
      const { name, version, inputs } = manifest;
      expect(model).toMatchObject({ name, version, inputs, featureSetVersion: FEATURE_SET_VERSION, horizonDays: 45 });
    });
  });
});

describe('away and killed', () => {
  let db: ScoringDatabase;
  const running: ScoringProcess[] = [];
  beforeEach(async () => {
    db = await scoringDatabase();
  });
  afterEach(async () => {
    for (const process of running.splice(0)) await process.stop();
    await db.close();
  });

  async function start(change: Readonly<Record<string, string>> = {}): Promise<ScoringProcess> {
    const process = await startScoring(peers.environment(db, change));
    running.push(process);
    return process;
  }

  it('stores with Kafka and the registry away, and publishes when they are back', async () => {
    const away = await start({ PDE_KAFKA_BROKERS: CLOSED_PORT, PDE_REGISTRY_URL: `http://${CLOSED_PORT}` });
    const rows = [rowOf('C3', 3)];
    const { results } = await asFeatures(away.url).scoreFeatures({ rows });
    expect(results[0]!.outcome).toBe(ScoreFeaturesResult_Outcome.SCORED);
    const asked = await asClient(away.url).predict({ customerId: 'C4', idempotencyKey: 'away-0001' });
    await away.stop();
    await start();
    expect(await peers.published([rows[0]!.predictionId, asked.prediction!.predictionId])).toHaveLength(2);
  });

  it.each(['scoring-before-commit', 'scoring-after-commit'])(
    'killed at %s and called again: stored once, published once',
    async (point) => {
      const row = rowOf('C5', 5, point);
      const killed = await start({ PDE_CRASH_POINT: point });
      expect(await codeOf(asFeatures(killed.url).scoreFeatures({ rows: [row] }))).not.toBeNull();
      expect((await killed.exited).signal).toBe('SIGKILL');
      const again = await start();
      const { results } = await asFeatures(again.url).scoreFeatures({ rows: [row] });
      expect(results[0]!.outcome).toBe(ScoreFeaturesResult_Outcome.SCORED);
      const records = await peers.published([row.predictionId]);
      expect(records).toHaveLength(1);
      expect((await db.admin.query('SELECT * FROM scoring.predictions')).rows).toHaveLength(1);
    },
  );

  it('is not ready with an altered model, and its last line names the check that failed', async () => {
    const altered = join(peers.directory, 'altered');
    await cp(MODEL_DIRECTORY, altered, { recursive: true });
    await writeFile(join(altered, 'model.onnx'), 'altered');
    const { code, said } = await runToExit(peers.environment(db, { PDE_MODEL_DIR: altered }));
    expect(code).toBe(70);
    expect(said).toMatch(/model refused by the hash check: model\.onnx has the SHA-256/);
    expect(said).not.toContain('"event":"ready"');
  });
});
