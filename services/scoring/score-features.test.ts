import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient, createRouterTransport } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Eligibility, FeatureVectorSchema, Mode } from '../../gen/pde/features/v1/feature_pb.ts';
import {
  ScoreFeaturesRequestSchema,
  ScoreFeaturesResult_Outcome,
  ScoringService,
} from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { derivedId } from '../platform/ids/derived-id.ts';
import type { Pool } from '../platform/postgres/pool.ts';
import { PostgresUnavailableError } from '../platform/postgres/sqlstate.ts';
import { createSilentLogger, type LogFields } from '../platform/telemetry/logger.ts';
import { createMetrics } from '../platform/telemetry/metrics.ts';
import type { Composed } from './compose.ts';
import { DEFAULT_MODEL_DIR } from './config.ts';
import { CATALOGUE_NAMES } from './model/catalogue-names.ts';
import { loadModel, type Model } from './model/load.ts';
import type { Recorder } from './record.ts';
import type { Registry } from './registry/acquire.ts';
import { createModelsInForce } from './registry/in-force.ts';
import { createReporter } from './report.ts';
import { createScoringRpc } from './rpc.ts';
import { type ScoreFeaturesDeps, scoreFeatures } from './score-features.ts';
import type { Standing } from './store/find-standing.ts';

let model: Model;
beforeAll(async () => {
  model = await loadModel(join(import.meta.dirname, '..', '..', DEFAULT_MODEL_DIR), CATALOGUE_NAMES, 0);
});
afterAll(() => model.release());

/** A recorder that keeps what it is given, the first of an id. */
function memory(): Recorder & { readonly kept: Composed[] } {
  const kept: Composed[] = [];
  const standing = new Map<string, Standing>();
  const record: Recorder['record'] = async (batch) => {
    for (const row of batch) {
      const { predictionId, vectorSha256 } = row.kind === 'scored' ? row.prediction : row.refusal;
      if (standing.has(predictionId)) continue;
      standing.set(predictionId, { kind: row.kind, vectorSha256 });
      kept.push(row);
    }
    return standing;
  };
  return { kept, record, recordComposing: async (_ids, composing) => await record(await composing) };
}

function setting(change: Partial<Model> = {}) {
  const metrics = createMetrics('scoring');
  const lines: LogFields[] = [];
  const log = { ...createSilentLogger(), error: (fields: LogFields) => void lines.push(fields) };
  const recorder = memory();
  const deps: ScoreFeaturesDeps = {
    models: createModelsInForce({ ...model, ...change }, log),
    recorder,
    reporter: createReporter(log, metrics),
  };
  return { deps, recorder, metrics, lines };
}

function request(count: number, value = 0.5) {
  return create(ScoreFeaturesRequestSchema, {
    rows: Array.from({ length: count }, (_, i) => ({
      predictionId: derivedId('prediction', 'C1', `T${i}`),
      transactionId: `T${i}`,
      vector: create(FeatureVectorSchema, {
        customerId: 'C1',
        observationTime: { seconds: 1_700_000_000n, nanos: 999_999_999 },
        ledgerPosition: 1n,
        featureSetVersion: CATALOGUE_NAMES.version,
        values: CATALOGUE_NAMES.names.map((_, place) => (place % 3 === 0 ? Number.NaN : value * place)),
        eligibility: Eligibility.ELIGIBLE,
        mode: Mode.LIVE,
      }),
    })),
  });
}

describe('a batch of vectors', () => {
  test('is answered row by row in request order, each with the digest that stands', async () => {
    const { deps, recorder } = setting();
    const asked = request(70);
    const { results } = await scoreFeatures(deps, asked);
    expect(results.map((result) => result.predictionId)).toEqual(asked.rows.map((row) => row.predictionId));
    expect(new Set(results.map((result) => result.standingVectorSha256)).size).toBe(1);
    expect(recorder.kept).toHaveLength(70);
  });

  test('repeated with another vector is answered with the digest that stands (I4)', async () => {
    const { deps } = setting();
    const first = await scoreFeatures(deps, request(1));
    const again = await scoreFeatures(deps, request(1, 0.75));
    expect(again.results[0]!.standingVectorSha256).toBe(first.results[0]!.standingVectorSha256);
  });

  test('keeps whole milliseconds of the observation', async () => {
    const { deps, recorder } = setting();
    await scoreFeatures(deps, request(1));
    expect(recorder.kept[0]).toMatchObject({ prediction: { observationMs: 1_700_000_000_999 } });
  });
});

describe('a model that is replaced while a batch is scored', () => {
  test('scores the rest of that batch, and no row of the next', async () => {
    const { deps, recorder } = setting();
    const models = createModelsInForce({ ...model, release: async () => undefined }, createSilentLogger());
    const next: Model = {
      ...model,
      manifest: { ...model.manifest, version: 'next' },
      policy: { version: 'next', actionProbability: 0.2 },
      release: async () => undefined,
    };
    const first = scoreFeatures({ ...deps, models }, request(300));
    models.replace(next);
    await first;
    const later = { ...request(300), rows: request(600).rows.slice(300) };
    await scoreFeatures({ ...deps, models }, later);
    const stated = recorder.kept.map((row) =>
      row.kind === 'scored' ? [row.prediction.modelVersion, row.prediction.scoringPolicyVersion] : [],
    );
    const own = [model.manifest.version, model.policy.version];
    expect(stated).toEqual([...Array(300).fill(own), ...Array(300).fill(['next', 'next'])]);
  });
});

describe('an explanation that disagrees with the margin (I7)', () => {
  test('is refused, kept with its reason, counted and alerted', async () => {
    const lying = { ...model.kernel, baseValue: model.kernel.baseValue + 0.001 };
    const { deps, recorder, metrics, lines } = setting({ kernel: lying });
    const { results } = await scoreFeatures(deps, request(2));
    expect(results.map(({ outcome }) => outcome)).toEqual([
      ScoreFeaturesResult_Outcome.REFUSED,
      ScoreFeaturesResult_Outcome.REFUSED,
    ]);
    expect(recorder.kept[0]).toMatchObject({
      kind: 'refused',
      refusal: { reason: expect.stringMatching(/they differ by 0\.0/) },
    });
    expect(await metrics.text()).toMatch(/pde_scores_refused_total\{.*\} 2/);
    expect(lines[0]).toMatchObject({ event: 'score-refused', alert: true });
  });
});

describe('a database that is away', () => {
  test('lets go of a model only once it has stopped computing', async () => {
    const computing = Promise.withResolvers<void>();
    let released = false;
    const session: Model['session'] = {
      ...model.session,
      margins: async (rows, count) => {
        await computing.promise;
        return await model.session.margins(rows, count);
      },
    };
    const release = async () => {
      released = true;
    };
    const models = createModelsInForce({ ...model, session, release }, createSilentLogger());
    const { deps, recorder } = setting();
    const away = () => Promise.reject(new PostgresUnavailableError('no connection'));
    const asked = scoreFeatures({ ...deps, models, recorder: { ...recorder, recordComposing: away } }, request(1));
    asked.catch(() => undefined);
    models.replace({ ...model, release: async () => undefined });
    await setImmediate();
    expect(released).toBe(false);
    computing.resolve();
    await expect(asked).rejects.toThrow('no connection');
    expect(released).toBe(true);
  });

  test('is UNAVAILABLE, so that features tries again', async () => {
    const away = () => Promise.reject(new PostgresUnavailableError('no connection'));
    const { deps } = setting();
    const rpc = createScoringRpc({
      ...deps,
      recorder: { record: away, recordComposing: away },
      pool: { query: away } as unknown as Pool,
      getFeatures: away,
      models: createModelsInForce(model, createSilentLogger()),
      registry: {} as Registry,
      nowMs: () => 0,
    });
    const client = createClient(
      ScoringService,
      createRouterTransport((router) => void router.service(ScoringService, rpc)),
    );
    const calls = [client.scoreFeatures(request(1)), client.listHighRiskCustomers({})];
    for (const outcome of await Promise.allSettled(calls)) {
      const error = outcome.status === 'rejected' ? ConnectError.from(outcome.reason) : null;
      expect(error).toMatchObject({ code: Code.Unavailable, rawMessage: 'the database is not available now' });
    }
  });
});
