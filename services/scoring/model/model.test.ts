import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { scoreBatch } from '../score-batch.ts';
import { CATALOGUE_NAMES } from './catalogue-names.ts';
import { type ModelCheck, ModelRefusedError } from './files.ts';
import { loadModel, type Model } from './load.ts';
import { goldenVectors, loadShipped, SHIPPED } from './shipped.fixture.ts';

let model: Model;
beforeAll(async () => {
  model = await loadShipped();
});
afterAll(() => model.release());

describe('the shipped model', () => {
  test("explains the golden rows, NaN and ties included, as XGBoost's pred_contribs: to 1e-5", () => {
    expect(model.goldenErrors.contribution).toBeLessThan(1e-5);
    expect(model.goldenErrors.baseValue).toBeLessThan(1e-5);
    expect(model.goldenErrors.margin).toBeLessThan(1e-5);
  });

  test('uses every feature of the catalogue but the derived ones', () => {
    const derived = ['stress_composite', 'stress_velocity_7d', 'anomaly_count_30d'];
    expect(model.manifest.inputs).toEqual(CATALOGUE_NAMES.names.filter((name) => !derived.includes(name)));
  });

  test('scores every golden row, and its explanation adds up (I7)', async () => {
    const scored = await scoreBatch(model, goldenVectors(model));
    expect(scored.map(({ outcome }) => outcome.kind)).toEqual(scored.map(() => 'scored'));
  });

  test('gives a row the same bits in any batch (I6)', async () => {
    const vectors = goldenVectors(model);
    const many = Array.from({ length: 10 }, () => vectors).flat();
    const together = await scoreBatch(model, many);
    const alone = await Promise.all(vectors.map(async (vector) => (await scoreBatch(model, [vector]))[0]));
    expect(together).toEqual(many.map((_, i) => alone[i % vectors.length]));
  });

  test('says nothing of a feature that it does not use', async () => {
    const [vector] = goldenVectors(model);
    const place = CATALOGUE_NAMES.names.indexOf('stress_composite');
    const other = Float64Array.from(vector!, (value, i) => (i === place ? 0.9 : value));
    const [plain, changed] = await scoreBatch(model, [vector!, other]);
    expect(changed!.explained.contributions[place]).toBe(0);
    expect(changed!.explained.margin).toBe(plain!.explained.margin);
  });
});

describe('a model that does not hold is refused, and the message says which check failed', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pde-model-'));
    await cp(SHIPPED, directory, { recursive: true });
    return () => rm(directory, { recursive: true });
  });

  async function change(file: string, edit: (text: string) => string): Promise<void> {
    const path = join(directory, file);
    await writeFile(path, edit(await readFile(path, 'utf8')));
  }

  /** Changes a file and puts the new hash into the manifest, as someone who knows how would. */
  async function forge(file: string, edit: (text: string) => string): Promise<void> {
    await change(file, edit);
    const sha256 = createHash('sha256')
      .update(await readFile(join(directory, file)))
      .digest('hex');
    await editManifest((manifest) => Object.assign(manifest.files, { [file]: sha256 }));
  }

  async function editManifest(edit: (manifest: { files: Record<string, string> } & Record<string, unknown>) => void) {
    await change('manifest.json', (text) => {
      const manifest = JSON.parse(text);
      edit(manifest);
      return JSON.stringify(manifest);
    });
  }

  async function refusal(): Promise<{ check: ModelCheck; message: string }> {
    const error = await loadModel(directory, CATALOGUE_NAMES, 0).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ModelRefusedError);
    const { check, message } = error as ModelRefusedError;
    return { check, message };
  }

  test('an altered file', async () => {
    await change('card.md', (text) => `${text} `);
    expect(await refusal()).toMatchObject({
      check: 'hash',
      message: expect.stringContaining('card.md has the SHA-256'),
    });
  });

  test('a wrong hash in the manifest', async () => {
    await editManifest(({ files }) => Object.assign(files, { 'model.onnx': '0'.repeat(64) }));
    expect(await refusal()).toMatchObject({ check: 'hash', message: expect.stringContaining('model.onnx') });
  });

  test('a missing file', async () => {
    await rm(join(directory, 'forest.json'));
    expect(await refusal()).toMatchObject({ check: 'hash', message: expect.stringContaining('forest.json') });
  });

  test('no manifest', async () => {
    await rm(join(directory, 'manifest.json'));
    expect((await refusal()).check).toBe('manifest');
  });

  test('a manifest that does not name the trees', async () => {
    await editManifest(({ files }) => delete files['forest.json']);
    expect(await refusal()).toMatchObject({ check: 'manifest', message: expect.stringContaining('forest.json') });
  });

  test('golden margins that ONNX does not return', async () => {
    await forge('golden.json', (text) => {
      const golden = JSON.parse(text);
      golden.margins[5] += 0.01;
      return JSON.stringify(golden);
    });
    expect(await refusal()).toMatchObject({ check: 'golden', message: expect.stringContaining('margin differs') });
  });

  test('trees whose explanation is not the golden one', async () => {
    await forge('forest.json', (text) => {
      const forest = JSON.parse(text);
      forest.trees[0].cover[1] *= 3;
      return JSON.stringify(forest);
    });
    expect(await refusal()).toMatchObject({
      check: 'golden',
      message: expect.stringContaining('contribution differs'),
    });
  });

  test('a node without cover', async () => {
    await forge('forest.json', (text) => {
      const forest = JSON.parse(text);
      forest.trees[0].cover[1] = 0;
      return JSON.stringify(forest);
    });
    expect(await refusal()).toMatchObject({ check: 'forest', message: expect.stringContaining('has the cover 0') });
  });

  test('an ONNX file that is none', async () => {
    await forge('model.onnx', () => 'not a model');
    expect((await refusal()).check).toBe('onnx');
  });

  test('another feature set', async () => {
    await editManifest((manifest) => Object.assign(manifest, { featureSetVersion: '0' }));
    expect(await refusal()).toMatchObject({
      check: 'binding',
      message: expect.stringContaining('trained on feature set 0'),
    });
  });

  test('an input that the catalogue lacks', async () => {
    const catalogue = { ...CATALOGUE_NAMES, names: CATALOGUE_NAMES.names.slice(1) };
    const error = loadModel(directory, catalogue, 0);
    await expect(error).rejects.toThrow(/binding check: the feature catalogue has no salary_delay_days/);
  });

  test('an action point outside of 0 to 1', async () => {
    await forge('policy.json', () => JSON.stringify({ version: '1', actionProbability: 1 }));
    expect((await refusal()).check).toBe('policy');
  });

  test('a calibration that falls', async () => {
    await forge('calibration.json', () => JSON.stringify({ kind: 'platt', slope: -1, intercept: 0 }));
    expect((await refusal()).check).toBe('calibration');
  });
});
