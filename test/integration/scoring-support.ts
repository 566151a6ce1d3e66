/** A scoring service over real PostgreSQL, with what its tests have in common. */

import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { Eligibility, type FeatureVector, FeatureVectorSchema, Mode } from '../../gen/pde/features/v1/feature_pb.ts';
import { CATALOGUE, FEATURE_SET_VERSION } from '../../services/domain/features/catalogue.ts';
import { derivedId } from '../../services/platform/ids/derived-id.ts';
import { migrate } from '../../services/platform/postgres/migrate.ts';
import { createPool, type Pool } from '../../services/platform/postgres/pool.ts';
import { compose } from '../../services/scoring/compose.ts';
import { DEFAULT_MODEL_DIR } from '../../services/scoring/config.ts';
import { vectorFrom } from '../../services/scoring/convert.ts';
import { CATALOGUE_NAMES } from '../../services/scoring/model/catalogue-names.ts';
import { loadModel, type Model } from '../../services/scoring/model/load.ts';
import { scoreBatch } from '../../services/scoring/score-batch.ts';
import type { Prediction } from '../../services/scoring/store/prediction.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testStack } from '../support/stack.ts';

export const ROOT = join(import.meta.dirname, '..', '..');
export const MODEL_DIRECTORY = join(ROOT, DEFAULT_MODEL_DIR);

export interface ScoringDatabase {
  readonly database: TestDatabase;
  readonly pool: Pool;
  /** As superuser: to look, and to try what the service may not. */
  readonly admin: Pool;
  close(): Promise<void>;
}

/** A database of its own with scoring's migrations, as the run-time role. */
export async function scoringDatabase(): Promise<ScoringDatabase> {
  const database = await createTestDatabase(testStack().postgres);
  const directory = join(ROOT, 'services', 'scoring', 'store', 'migrations');
  await migrate({ ownerUrl: database.url('pde_scoring_owner'), schema: 'scoring', directory });
  const pool = createPool({ url: database.url('pde_scoring') });
  const admin = createPool({ url: database.adminUrl });
  return {
    database,
    pool,
    admin,
    async close() {
      await pool.close();
      await admin.close();
      await database.drop();
    },
  };
}

export function shippedModel(): Promise<Model> {
  return loadModel(MODEL_DIRECTORY, CATALOGUE_NAMES, 0);
}

export interface VectorChange {
  readonly observationTime?: { readonly seconds: bigint; readonly nanos: number };
  readonly ledgerPosition?: bigint;
  readonly featureSetVersion?: string;
  readonly values?: number[];
  readonly eligibility?: Eligibility;
}

/** Vectors that differ by seed; every seventh value is unknown. */
export function vectorOf(customerId: string, seed: number, change: VectorChange = {}): FeatureVector {
  return create(FeatureVectorSchema, {
    customerId,
    observationTime: { seconds: BigInt(1_700_000_000 + seed * 60), nanos: 0 },
    ledgerPosition: BigInt(seed + 1),
    profileVersion: 1n,
    featureSetVersion: FEATURE_SET_VERSION,
    values: CATALOGUE.map((_, i) => ((i + seed) % 7 === 0 ? Number.NaN : Math.fround(Math.sin(i * 31 + seed) * 40))),
    eligibility: Eligibility.ELIGIBLE,
    mode: Mode.REPLAY,
    ...change,
  });
}

export function predictionId(customerId: string, transactionId: string): string {
  return derivedId('prediction', customerId, transactionId);
}

/** A score as the service would compose it. */
export async function predictionOf(
  model: Model,
  vector: FeatureVector,
  transactionId: string,
  scheduledSendUs: bigint | null = null,
): Promise<Prediction> {
  const content = vectorFrom(vector);
  if ('problem' in content) throw new Error(`${content.field} ${content.problem}`);
  const [scored] = await scoreBatch(model, [content.values]);
  const id = predictionId(vector.customerId, transactionId);
  const observed = { ...content, predictionId: id, kind: 'transaction' as const, transactionId, scheduledSendUs };
  const composed = compose(model, observed, scored!);
  if (composed.kind === 'refused') throw new Error(composed.refusal.reason);
  return composed.prediction;
}
