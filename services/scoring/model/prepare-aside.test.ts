import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ModelRefusedError } from './files.ts';
import { prepareModel } from './prepare.ts';
import { prepareAside } from './prepare-aside.ts';
import { SHIPPED } from './shipped.fixture.ts';

test('a thread prepares what is prepared here, to the bit', async () => {
  const [here, aside] = [await prepareModel(SHIPPED), await prepareAside(SHIPPED)];
  expect({ ...aside, onnx: Buffer.from(aside.onnx) }).toEqual({ ...here, onnx: Buffer.from(here.onnx) });
});

test('a model that is refused there is refused here, by the same check and in the same words', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'pde-model-'));
  try {
    await cp(SHIPPED, directory, { recursive: true });
    await writeFile(join(directory, 'forest.json'), 'altered');
    const [here, aside] = await Promise.all(
      [prepareModel, prepareAside].map((prepare) => prepare(directory).catch((cause: unknown) => cause)),
    );
    expect(aside).toBeInstanceOf(ModelRefusedError);
    expect(aside).toMatchObject({ check: 'hash', message: (here as ModelRefusedError).message });
  } finally {
    await rm(directory, { recursive: true });
  }
});
