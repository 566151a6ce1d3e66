import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Promotion_Action } from '../../gen/pde/scoring/v1/model_pb.ts';
import { ScoreFeaturesResult_Outcome } from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { CATALOGUE_NAMES } from '../../services/scoring/model/catalogue-names.ts';
import { loadModel, type Model } from '../../services/scoring/model/load.ts';
import { readPrediction } from '../../services/scoring/store/read-prediction.ts';
import { createModelsKit, type ModelsKit, rowOf, versionOn } from './scoring-models-kit.ts';
import { asFeatures, asModelOperator } from './scoring-peers.ts';
import type { ScoringProcess } from './scoring-process.ts';
import { MODEL_DIRECTORY, predictionOf, scoringDatabase } from './scoring-support.ts';

let kit: ModelsKit;
beforeAll(async () => {
  kit = await createModelsKit();
});
afterAll(() => kit.close());

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
    const instances = await Promise.all([kit.start(db), kit.start(db)]);
    const [first, second] = instances;
    const models: Record<string, Model> = {
      [kit.shipped.version]: await loadModel(MODEL_DIRECTORY, CATALOGUE_NAMES, 0),
      next: await loadModel(kit.folderOf('next'), CATALOGUE_NAMES, 0),
    };
    // Each has transactions of its own, and both have those of C: whoever stores one first, its score stands (I2).
    const streams = [stream(first, 'A'), stream(second, 'B'), stream(first, 'C'), stream(second, 'C')];
    const everyStream = (count: number) => Promise.all(streams.map(({ further }) => further(count)));
    const everyoneOn = (version: string) =>
      vi.waitFor(async () => expect(await Promise.all(instances.map(versionOn))).toEqual([version, version]), {
        timeout: 30_000,
        interval: 20,
      });
    await everyStream(10);
    const { promotion } = await asModelOperator(first.url).promoteModel(kit.promotionOf('next', kit.nextSha256));
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
    expect(await versionOn(second)).toBe(kit.shipped.version);
    await everyoneOn(kit.shipped.version);
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
        const expected = await predictionOf(models[version]!, row.vector, row.transactionId);
        expect(stored[i]).toEqual(expected);
      }
    }
    const { rows } = await db.admin.query('SELECT 1 FROM scoring.predictions');
    expect(rows).toHaveLength(new Set(calls.flat().map((row) => row.predictionId)).size);
    expect([...versions].sort()).toEqual([kit.shipped.version, 'next'].sort());
    for (const model of Object.values(models)) await model.release();
    await kit.stopAll();
    await db.close();
  });
});
