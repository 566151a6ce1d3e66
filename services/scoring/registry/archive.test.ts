import { beforeEach, describe, expect, test } from 'vitest';
import { createSilentLogger } from '../../platform/telemetry/logger.ts';
import { ModelRefusedError } from '../model/files.ts';
import type { Model } from '../model/load.ts';
import type { StoredPromotion } from '../store/promotion.ts';
import { createModelArchive, type ModelArchive } from './archive.ts';
import type { ModelFolders } from './folders.ts';
import { createModelsInForce } from './in-force.ts';
import type { PromotionRecord } from './record.ts';

/** Versions that were loaded from folders, and those that were released, in order. */
let loads: string[];
let releases: string[];
let archive: ModelArchive;

function modelOf(version: string): Model {
  const release = async () => void releases.push(version);
  return { manifest: { name: 'm', version }, onnxSha256: 'same', release } as unknown as Model;
}

beforeEach(() => {
  loads = [];
  releases = [];
  const promotions = ['1', '2', 'altered', '3'].map((version) => ({ name: 'm', version }) as StoredPromotion);
  const record = { standing: async () => ({ promotions }) } as unknown as PromotionRecord;
  const folders = {
    load: async ({ version }: { version: string }) => {
      if (version === 'altered') throw new ModelRefusedError('hash', 'altered');
      loads.push(version);
      return modelOf(version);
    },
  } as unknown as ModelFolders;
  const log = createSilentLogger();
  archive = createModelArchive({ models: createModelsInForce(modelOf('3'), log), record, folders, log });
});

const versionFor = (version: string) =>
  archive.using(
    { modelName: 'm', modelVersion: version, modelSha256: 'same' },
    async (model) => model?.manifest.version,
  );

describe('a model before', () => {
  test('is told from the one in force by its version, though they share an ONNX file', async () => {
    expect(await versionFor('3')).toBe('3');
    expect(await versionFor('2')).toBe('2');
    expect(loads).toEqual(['2']);
  });

  test('is loaded once for many calls at once, and let go when another is asked for', async () => {
    expect(await Promise.all([versionFor('1'), versionFor('1'), versionFor('1')])).toEqual(['1', '1', '1']);
    expect(loads).toEqual(['1']);
    await versionFor('2');
    expect(releases).toEqual(['1']);
    await archive.close();
    expect(releases).toEqual(['1', '2']);
  });

  test('that is not what it was, or never was in force, is none', async () => {
    expect(await versionFor('altered')).toBeUndefined();
    expect(await versionFor('9')).toBeUndefined();
    expect(await versionFor('3')).toBe('3');
  });
});
