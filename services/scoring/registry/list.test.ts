import { expect, test } from 'vitest';
import type { Manifest } from '../model/files.ts';
import type { StoredPromotion } from '../store/promotion.ts';
import type { FoundModel } from './folders.ts';
import { listModels } from './list.ts';

const found = (version: string, change: Partial<Manifest> = {}): FoundModel => ({
  id: { name: 'm', version },
  manifest: { name: 'm', version, featureSetVersion: '7', promotable: true, ...change } as Manifest,
  manifestSha256: `sha-${version}`,
  problem: '',
});
const promotion = (number: number, version: string, sha = `sha-${version}`) =>
  ({ number, name: 'm', version, manifestSha256: sha, featureSetVersion: '7' }) as StoredPromotion;

function list(folders: readonly FoundModel[], promotions: readonly StoredPromotion[], inForce: string) {
  const champion = promotions.at(-1) ?? null;
  const standing = { champion, previous: null, promotions, latest: promotions.length };
  return listModels(folders, standing, inForce, '7').map(({ version, state, inForceHere, problem }) => [
    version,
    state,
    inForceHere,
    problem,
  ]);
}

test('says where each model stands, and which one this instance runs, though it be behind', () => {
  const folders = [found('1'), found('2'), found('3')];
  expect(list(folders, [promotion(1, '1'), promotion(2, '2')], 'sha-1')).toEqual([
    ['1', 'retired', true, ''],
    ['2', 'champion', false, ''],
    ['3', 'candidate', false, ''],
  ]);
});

test('says what keeps a model from being put in force', () => {
  const unreadable: FoundModel = {
    id: { name: 'm', version: '5' },
    manifest: null,
    manifestSha256: '',
    problem: 'no JSON',
  };
  const folders = [found('2'), found('3', { featureSetVersion: '6' }), found('4', { promotable: false }), unreadable];
  expect(list(folders, [promotion(1, '1'), promotion(2, '2', 'other')], 'other')).toEqual([
    ['1', 'retired', false, 'it is in no folder of this instance'],
    ['2', 'champion', true, 'its manifest is now sha-2: altered'],
    ['3', 'candidate', false, 'it is of feature set 6, this engine computes 7'],
    ['4', 'candidate', false, 'its manifest says: not promotable'],
    ['5', 'candidate', false, 'no JSON'],
  ]);
});
