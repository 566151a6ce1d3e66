/**
 * Another version of a model, for tests of what happens between two: its base margin is moved in ONNX, trees and golden vectors
 * alike, so that it proves itself and scores every vector otherwise.
 */
import { createHash } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Variant {
  readonly version: string;
  /** Added to every margin. */
  readonly shift: number;
  readonly promotable?: boolean;
}

/** Writes the variant of the model in `from` to `to`. @returns SHA-256 of its manifest, hexadecimal */
export async function writeVariant(from: string, to: string, { version, shift, promotable }: Variant): Promise<string> {
  await cp(from, to, { recursive: true });
  const forest = await readJson(to, 'forest.json');
  const moved = Math.fround(forest.baseMargin + shift);
  const difference = moved - forest.baseMargin;
  const files: Record<string, string> = {};
  const put = async (name: string, content: string | Uint8Array): Promise<void> => {
    await writeFile(join(to, name), content);
    files[name] = createHash('sha256').update(content).digest('hex');
  };
  await put('model.onnx', replaceFloat(await readFile(join(to, 'model.onnx')), forest.baseMargin, moved));
  await put('forest.json', JSON.stringify({ ...forest, baseMargin: moved }));
  const golden = await readJson(to, 'golden.json');
  const margins = golden.margins.map((margin: number) => margin + difference);
  const contributions = golden.contributions.map((row: number[]) => row.with(-1, row.at(-1)! + difference));
  await put('golden.json', JSON.stringify({ ...golden, margins, contributions }));
  const manifest = await readJson(to, 'manifest.json');
  const own = { version, ...(promotable === undefined ? {} : { promotable }) };
  const text = JSON.stringify({ ...manifest, ...own, files: { ...manifest.files, ...files } });
  await writeFile(join(to, 'manifest.json'), text);
  return createHash('sha256').update(text).digest('hex');
}

async function readJson(directory: string, name: string) {
  return JSON.parse(await readFile(join(directory, name), 'utf8'));
}

/** Replaces the one float32 of this value in a file. */
function replaceFloat(content: Buffer, value: number, by: number): Buffer {
  const bytes = (float: number) => Buffer.from(Float32Array.of(float).buffer);
  const at = content.indexOf(bytes(value));
  if (at < 0 || content.indexOf(bytes(value), at + 1) >= 0) throw new Error(`${value} is not there exactly once`);
  return Buffer.concat([content.subarray(0, at), bytes(by), content.subarray(at + 4)]);
}
