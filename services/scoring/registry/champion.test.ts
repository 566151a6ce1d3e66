import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PostgresUnavailableError } from '../../platform/postgres/sqlstate.ts';
import { createSilentLogger, type LogFields } from '../../platform/telemetry/logger.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { ModelRefusedError } from '../model/files.ts';
import type { Model } from '../model/load.ts';
import type { NewPromotion } from '../store/insert-promotion.ts';
import type { StoredPromotion } from '../store/promotion.ts';
import { type ChampionFollower, followChampion, loadChampion } from './champion.ts';
import type { ModelFolders } from './folders.ts';
import { createModelsInForce, type ModelsInForce } from './in-force.ts';
import type { PromotionRecord } from './record.ts';

const POLL_MS = 1000;

function modelOf(version: string) {
  const model = {
    manifest: { name: 'm', version, featureSetVersion: '7' },
    manifestSha256: `sha-${version}`,
    onnxSha256: `onnx-${version}`,
    releases: 0,
    release: async () => void model.releases++,
  };
  return model as typeof model & Model;
}

/** A record in memory, to which others may add too. */
function recordOf(...versions: string[]) {
  const promotions: StoredPromotion[] = [];
  const put = (version: string, action: StoredPromotion['action'] = 'promote') =>
    void promotions.push({
      ...{ number: promotions.length + 1, action, name: 'm', version },
      manifestSha256: `sha-${version}`,
    } as StoredPromotion);
  for (const version of versions) put(version);
  const state = { away: false, added: [] as NewPromotion[], overtakenBy: null as string | null, altered: false };
  const record: PromotionRecord = {
    latest: async () => {
      if (state.away) throw new PostgresUnavailableError('away');
      return promotions.length;
    },
    standing: async () => {
      const champion = promotions.at(-1) ?? null;
      return { champion, previous: null, promotions: [...promotions], latest: promotions.length };
    },
    add: async (promotion) => {
      if (state.altered) return 'altered';
      if (state.overtakenBy !== null) {
        put(state.overtakenBy);
        return 'conflict';
      }
      state.added.push(promotion);
      put(promotion.model.version, promotion.action);
      return 'done';
    },
  };
  return { record, put, state };
}

/** Folders that load any version but the missing ones, and count the tries. */
function foldersOf(first: Model) {
  const tried: string[] = [];
  const missing = new Set<string>();
  const folders = {
    loadDefault: async () => first,
    load: async ({ version }: { version: string }) => {
      tried.push(version);
      if (missing.has(version)) throw new ModelRefusedError('manifest', 'it is not there');
      return modelOf(version);
    },
    isThere: async ({ version }: { version: string }) => !missing.has(version),
  } as unknown as ModelFolders;
  return { folders, tried, missing };
}

describe('what an instance begins with', () => {
  test('the champion of the record', async () => {
    const { folders, tried } = foldersOf(modelOf('0'));
    expect((await loadChampion(recordOf('1', '2').record, folders)).manifest.version).toBe('2');
    expect(tried).toEqual(['2']);
  });

  test('without one the default, which it puts on record', async () => {
    const { record, state } = recordOf();
    const { folders } = foldersOf(modelOf('0'));
    expect((await loadChampion(record, folders)).manifest.version).toBe('0');
    expect(state.added).toMatchObject([{ action: 'first', actor: 'scoring', model: { version: '0' }, after: 0 }]);
  });

  test('what another instance put on record first', async () => {
    const { record, state } = recordOf();
    state.overtakenBy = '5';
    const first = modelOf('0');
    expect((await loadChampion(record, foldersOf(first).folders)).manifest.version).toBe('5');
    expect(first.releases).toBe(1);
  });

  test('the default, where what an older release began with went with that release', async () => {
    const { record, put, state } = recordOf();
    put('0', 'first');
    const { folders, missing, tried } = foldersOf(modelOf('1'));
    missing.add('0');
    expect((await loadChampion(record, folders)).manifest.version).toBe('1');
    expect(state.added).toMatchObject([{ action: 'first', model: { version: '1' }, after: 1 }]);
    expect(state.added[0]!.reason).toBe('m/0, which an older release began with, is not here and was never promoted');
    expect((await loadChampion(record, folders)).manifest.version).toBe('1');
    expect([tried, state.added]).toMatchObject([['1'], { length: 1 }]);
  });

  test('nothing, where what was promoted is not there', async () => {
    const { folders, missing } = foldersOf(modelOf('1'));
    missing.add('0');
    const { record, state } = recordOf('0');
    await expect(loadChampion(record, folders)).rejects.toThrow(/it is not there/);
    expect(state.added).toEqual([]);
  });

  test('nothing, where its version is on record with other files', async () => {
    const { record, state } = recordOf();
    state.altered = true;
    const first = modelOf('0');
    await expect(loadChampion(record, foldersOf(first).folders)).rejects.toThrow(/m\/0 was registered with another/);
    expect(first.releases).toBe(1);
  });
});

describe('an instance that follows the record', () => {
  let first: ReturnType<typeof modelOf>;
  let models: ModelsInForce;
  let follower: ChampionFollower;
  let record: ReturnType<typeof recordOf>;
  let folders: ReturnType<typeof foldersOf>;
  let errors: LogFields[];
  const metrics = createMetrics('scoring');
  const version = () => models.current().manifest.version;
  const looks = (count: number) => vi.advanceTimersByTimeAsync(count * POLL_MS);

  beforeEach(() => {
    vi.useFakeTimers();
    first = modelOf('1');
    errors = [];
    const log = { ...createSilentLogger(), error: (fields: LogFields) => void errors.push(fields) };
    models = createModelsInForce(first, log);
    record = recordOf('1');
    folders = foldersOf(first);
    follower = followChampion({ ...record, ...folders, models, log, metrics, pollMs: POLL_MS });
  });
  afterEach(async () => {
    await follower.close();
    vi.useRealTimers();
  });

  test('loads nothing while the record stands', async () => {
    await looks(10);
    expect(folders.tried).toEqual([]);
  });

  test('switches with the record, forth and back', async () => {
    record.put('2');
    await looks(1);
    expect(version()).toBe('2');
    expect(first.releases).toBe(1);
    record.put('1');
    await looks(1);
    expect(version()).toBe('1');
    expect(follower.problem()).toBe('');
  });

  test('keeps the old model where the new one does not prove itself, tells it once, and tries more and more seldom', async () => {
    folders.missing.add('2');
    record.put('2');
    await looks(1);
    expect([version(), first.releases, folders.tried.length]).toEqual(['1', 0, 1]);
    expect(follower.problem()).toContain('it is not there');
    await looks(1);
    expect(folders.tried).toHaveLength(2);
    await looks(2);
    expect(folders.tried).toHaveLength(3);
    await looks(3);
    expect(folders.tried).toHaveLength(3);
    expect(await metrics.text()).toMatch(/^pde_model_behind\{.*\} 1$/m);
    expect(errors).toMatchObject([{ event: 'model-not-switched', alert: true, version: '2', promotion: 2 }]);
    folders.missing.clear();
    await looks(1);
    expect([version(), follower.problem()]).toEqual(['2', '']);
    expect(await metrics.text()).toMatch(/^pde_model_behind\{.*\} 0$/m);
  });

  test('takes a rollback at once though it is behind', async () => {
    folders.missing.add('2');
    record.put('2');
    await looks(20);
    record.put('1');
    await looks(1);
    expect([version(), follower.problem()]).toEqual(['1', '']);
  });

  test('uses a model that is loaded already, and lets go one that is not the champion', async () => {
    record.put('2');
    const ready = modelOf('2');
    await follower.look(ready);
    expect(models.current()).toBe(ready);
    expect(folders.tried).toEqual([]);
    const late = modelOf('3');
    await follower.look(late);
    expect([version(), late.releases, ready.releases]).toEqual(['2', 1, 0]);
  });

  test('goes on with the model in force while the database is away', async () => {
    record.state.away = true;
    record.put('2');
    await looks(5);
    expect([version(), errors]).toEqual(['1', []]);
    record.state.away = false;
    await looks(1);
    expect(version()).toBe('2');
  });
});
