import { createHash, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Composed } from '../../services/scoring/compose.ts';
import { CATALOGUE_NAMES } from '../../services/scoring/model/catalogue-names.ts';
import type { Model } from '../../services/scoring/model/load.ts';
import { createPredictionOutbox } from '../../services/scoring/outbox.ts';
import { createRecorder, KeyTakenError } from '../../services/scoring/record.ts';
import { listHighRisk } from '../../services/scoring/store/list-high-risk.ts';
import type { OutboxPrediction, Prediction, Refusal } from '../../services/scoring/store/prediction.ts';
import { readPrediction } from '../../services/scoring/store/read-prediction.ts';
import { readUnpublished } from '../../services/scoring/store/read-unpublished.ts';
import { findRequest } from '../../services/scoring/store/requests.ts';
import { storedSets } from '../../services/scoring/store/stored-sets.ts';
import { predictionOf, type ScoringDatabase, scoringDatabase, shippedModel, vectorOf } from './scoring-support.ts';

const { names } = CATALOGUE_NAMES;
let model: Model;
let db: ScoringDatabase;
let offered: { shard: number; first: bigint; rows: readonly OutboxPrediction[] }[];

beforeAll(async () => {
  model = await shippedModel();
});
afterAll(() => model.release());
beforeEach(async () => {
  db = await scoringDatabase();
  offered = [];
});
afterEach(() => db.close());

const recorder = () =>
  createRecorder(
    db.pool,
    createPredictionOutbox({ offer: (shard, first, rows) => offered.push({ shard, first, rows }) }),
  );
const scored = (prediction: Prediction): Composed => ({ kind: 'scored', prediction });
const make = (customerId: string, seed: number, transactionId = `T${seed}`) =>
  predictionOf(model, vectorOf(customerId, seed), transactionId);

function refusalOf(prediction: Prediction): Refusal {
  const { predictionId, kind, customerId, transactionId, observationMs, ledgerPosition, profileVersion } = prediction;
  const { featureSetVersion, values, vectorSha256, eligibility, mode, scheduledSendUs } = prediction;
  const { contributions, baseValue, margin, modelName, modelVersion, modelSha256 } = prediction;
  return {
    ...{ predictionId, kind, customerId, transactionId, observationMs, ledgerPosition, profileVersion },
    ...{ featureSetVersion, values, vectorSha256, eligibility, mode, scheduledSendUs },
    ...{ contributions, baseValue, margin, modelName, modelVersion, modelSha256, reason: 'they differ' },
  };
}

describe('a score', () => {
  it('is read back to the bit, with its unknown features and its scheduled time', async () => {
    const prediction = await predictionOf(model, vectorOf('C1', 3), 'T3', 1_764_000_000_123_456n);
    await recorder().record([scored(prediction)]);
    expect(await readPrediction(db.pool, prediction.predictionId, names)).toEqual(prediction);
  });

  it('stays as it stands when a replay brings another vector or another model (I2, I4)', async () => {
    const first = await make('C1', 1, 'T1');
    const other = await make('C1', 2, 'T1');
    await recorder().record([scored(first)]);
    const standing = await recorder().record([scored({ ...other, modelVersion: '99' })]);
    expect(standing.get(first.predictionId)).toEqual({ kind: 'scored', vectorSha256: first.vectorSha256 });
    expect(await readPrediction(db.pool, first.predictionId, names)).toEqual(first);
    expect(offered.flatMap(({ rows }) => rows)).toHaveLength(1);
  });

  it('counts once if its batch has it twice', async () => {
    const prediction = await make('C1', 1);
    await recorder().record([scored(prediction), scored(prediction)]);
    expect(await storedSets(db.pool, true)).toMatchObject([{ count: 1n }, { count: 1n }, { count: 0n }]);
  });

  it('cannot be changed or deleted by the service itself', async () => {
    await recorder().record([scored(await make('C1', 1))]);
    await expect(db.pool.query('UPDATE scoring.predictions SET margin = 0')).rejects.toMatchObject({ code: '42501' });
    await expect(db.pool.query('DELETE FROM scoring.predictions')).rejects.toMatchObject({ code: '42501' });
  });
});

describe('the outbox', () => {
  it('gives each shard consecutive positions, and what is offered is what a reader finds', async () => {
    const predictions = await Promise.all(Array.from({ length: 20 }, (_, i) => make(`C${i}`, i)));
    await recorder().record(predictions.slice(0, 12).map(scored));
    await recorder().record(predictions.slice(8).map(scored));
    for (const shard of [0, 1, 2]) {
      const read = await readUnpublished(db.pool, shard, 0n, 100, names);
      expect(read.map((row) => row.position)).toEqual(read.map((_, i) => BigInt(i + 1)));
      const own = offered.filter((offer) => offer.shard === shard);
      expect(own.flatMap(({ rows }) => rows)).toEqual(read);
      expect(own.map(({ first }) => first)).toEqual(own.map(({ rows }) => rows[0]!.position));
    }
    expect(offered.flatMap(({ rows }) => rows)).toHaveLength(20);
  });

  it('has each score once and no gap, whoever else writes at the same time', async () => {
    const predictions = await Promise.all(Array.from({ length: 40 }, (_, i) => make(`C${i % 5}`, i)));
    const batches = Array.from({ length: 8 }, (_, i) => predictions.slice(i * 4, i * 4 + 8).map(scored));
    const answers = await Promise.all(batches.map((batch) => recorder().record(batch)));
    expect(answers.map((answer) => answer.size)).toEqual(batches.map((batch) => batch.length));
    const all = await Promise.all([0, 1, 2].map((shard) => readUnpublished(db.pool, shard, 0n, 100, names)));
    for (const read of all) expect(read.map((row) => row.position)).toEqual(read.map((_, i) => BigInt(i + 1)));
    expect(all.flat()).toHaveLength(36);
  });
});

describe('a refusal (I7)', () => {
  it('is kept with its reason, is answered at every repeat, and is never published', async () => {
    const prediction = await make('C1', 1);
    const refusal = refusalOf(prediction);
    const answer = await recorder().record([{ kind: 'refused', refusal }]);
    const again = await recorder().record([scored(prediction)]);
    expect([...answer.values(), ...again.values()].map(({ kind }) => kind)).toEqual(['refused', 'refused']);
    expect(offered).toEqual([]);
    const { rows } = await db.admin.query('SELECT reason, margin FROM scoring.refused');
    expect(rows).toEqual([{ reason: 'they differ', margin: prediction.margin }]);
  });
});

describe('scoring.risk_scores, which outsiders rely on', () => {
  it('has one row a customer and time: the score that saw most of the ledger', async () => {
    const at = { observationTime: { seconds: 1_700_000_000n, nanos: 0 } };
    const early = await predictionOf(model, vectorOf('C1', 1, { ...at, ledgerPosition: 4n }), 'T1');
    const late = await predictionOf(model, vectorOf('C1', 2, { ...at, ledgerPosition: 5n }), 'T2');
    await recorder().record([scored(late)]);
    await recorder().record([scored(early)]);
    const { rows } = await db.pool.query('SELECT * FROM scoring.risk_scores');
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      customer_id: 'C1',
      score_date: new Date(1_700_000_000_000),
      risk_score: late.riskScore,
      risk_level: late.riskLevel,
      model_version: model.manifest.version,
      top_feature_1: late.topFeatures[0]!.name,
      top_feature_1_impact: late.topFeatures[0]!.contribution,
      top_feature_3: late.topFeatures[2]!.name,
      top_feature_3_impact: late.topFeatures[2]!.contribution,
    });
  });

  it('does not show what a caller asked of the past', async () => {
    await recorder().record([scored({ ...(await make('C1', 1)), kind: 'past', transactionId: null })]);
    expect((await db.pool.query('SELECT * FROM scoring.risk_scores')).rows).toEqual([]);
    expect(offered).toEqual([]);
    expect(await storedSets(db.pool, true)).toMatchObject([{ count: 0n }, { count: 0n }, { count: 0n }]);
  });
});

describe('the worklist', () => {
  it('has the latest score of each, highest probability first, page by page', async () => {
    const level = { riskLevel: 'HIGH' } as const;
    const older = { ...(await make('C1', 1)), ...level, probability: 0.9 };
    const newer = { ...(await make('C1', 2)), ...level, probability: 0.2 };
    const others = await Promise.all(
      ['C2', 'C3', 'C4'].map(async (id) => ({ ...(await make(id, 5)), ...level, probability: 0.4 })),
    );
    const low = { ...(await make('C5', 5)), riskLevel: 'LOW' as const };
    await recorder().record([newer, older, ...others, low].map(scored));
    const first = await listHighRisk(db.pool, 2, null, 2, names);
    const rest = await listHighRisk(db.pool, 2, first.at(-1)!, 9, names);
    expect([...first, ...rest].map(({ customerId }) => customerId)).toEqual(['C2', 'C3', 'C4', 'C1']);
    expect(rest.at(-1)!.probability).toBe(0.2);
  });
});

describe("a request's key", () => {
  it('is kept with its score in one transaction', async () => {
    const prediction: Prediction = { ...(await make('C1', 1)), kind: 'request', transactionId: null };
    const request = { callerId: 'acme', idempotencyKey: 'key-0001', customerId: 'C1', observationMs: null };
    const { predictionId } = prediction;
    await recorder().record([scored(prediction)], { ...request, predictionId });
    expect(await findRequest(db.pool, 'acme', 'key-0001')).toEqual({ ...request, predictionId });
    const other: Prediction = { ...prediction, predictionId: randomUUID() };
    const again = recorder().record([scored(other)], { ...request, predictionId: other.predictionId });
    await expect(again).rejects.toBeInstanceOf(KeyTakenError);
    expect(await readPrediction(db.pool, other.predictionId, names)).toBeNull();
  });
});

describe('the stored sets', () => {
  it('count the same from counters and from tables, and digest ids as the contract says', async () => {
    const predictions = await Promise.all([make('C1', 1), make('C2', 2), make('C3', 3)]);
    const asked: Prediction = { ...(await make('C4', 4)), kind: 'request', transactionId: null };
    await recorder().record([...predictions, asked].map(scored));
    await recorder().record([{ kind: 'refused', refusal: refusalOf(await make('C5', 5)) }]);
    const counted = await storedSets(db.pool, false);
    const verified = await storedSets(db.pool, true);
    expect(counted.map(({ kind, count }) => [kind, count])).toEqual([
      ['predictions', 3n],
      ['predictions_acted_on', 4n],
      ['refused', 1n],
    ]);
    expect(verified.map(({ kind, count }) => [kind, count])).toEqual(counted.map(({ kind, count }) => [kind, count]));
    expect(verified[0]!.idDigest).toBe(digestOf(predictions.map(({ predictionId }) => predictionId)));
    expect(verified[1]!.idDigest).toBe(digestOf([...predictions, asked].map(({ predictionId }) => predictionId)));
  });
});

function digestOf(ids: readonly string[]): bigint {
  const first8 = (id: string) => createHash('md5').update(id).digest().readBigUInt64BE(0);
  return ids.reduce((sum, id) => BigInt.asUintN(64, sum + first8(id)), 0n);
}
