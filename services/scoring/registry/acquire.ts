/** The models of a running service: what it begins with, and the follower that keeps it at the record's champion. */

import { retry } from '../../platform/lifecycle/retry.ts';
import type { ServiceScope } from '../../platform/lifecycle/scope.ts';
import type { Pool } from '../../platform/postgres/pool.ts';
import { isTransient } from '../../platform/postgres/sqlstate.ts';
import { CATALOGUE_NAMES } from '../model/catalogue-names.ts';
import { createModelArchive, type ModelArchive } from './archive.ts';
import { type ChampionFollower, followChampion, loadChampion } from './champion.ts';
import { createModelFolders, type FolderSettings, type ModelFolders } from './folders.ts';
import { createModelsInForce, type ModelsInForce } from './in-force.ts';
import { createPromotionRecord, type PromotionRecord } from './record.ts';

export interface Registry {
  readonly models: ModelsInForce;
  readonly record: PromotionRecord;
  readonly folders: ModelFolders;
  readonly follower: ChampionFollower;
  readonly archive: ModelArchive;
}

export interface RegistrySettings extends FolderSettings {
  readonly modelPollMs: number;
}

const DATABASE_AWAY = { initialDelayMs: 100, maxDelayMs: 5_000, isTransient } as const;

/** Waits for the database, loads and proves the champion, and says so. @throws ModelRefusedError, whose message names the check. */
export async function acquireRegistry(scope: ServiceScope, pool: Pool, settings: RegistrySettings): Promise<Registry> {
  const { log, metrics } = scope;
  const folders = createModelFolders(settings, CATALOGUE_NAMES, Date.now);
  const record = createPromotionRecord(pool, CATALOGUE_NAMES.version);
  const onRetry = (cause: unknown): void => log.warn({ event: 'model-record-away', cause });
  const models = await scope.acquire(
    'models',
    async () => {
      const model = await retry({ ...DATABASE_AWAY, onRetry }, scope.signal, () => loadChampion(record, folders));
      return createModelsInForce(model, log);
    },
    (held) => held.close(),
  );
  const { manifest, onnxSha256, goldenErrors } = models.current();
  const { name, version } = manifest;
  log.info({ event: 'model-loaded', name, version, sha256: onnxSha256, goldenErrors });
  scope.announce({ model: `${name}/${version}` });
  const follower = await scope.acquire(
    'champion follower',
    () => followChampion({ record, folders, models, log, metrics, pollMs: settings.modelPollMs }),
    (following) => following.close(),
  );
  const archive = await scope.acquire(
    'models before',
    () => createModelArchive({ models, record, folders, log }),
    (made) => made.close(),
  );
  return { models, record, folders, follower, archive };
}
