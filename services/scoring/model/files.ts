/**
 * A model's folder: a manifest that names every other file with its SHA-256. Nothing of a file is used before its hash holds.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Files that a model cannot do without. */
const REQUIRED_FILES = ['model.onnx', 'forest.json', 'calibration.json', 'policy.json', 'golden.json'] as const;
export type ModelFile = (typeof REQUIRED_FILES)[number];

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly featureSetVersion: string;
  /** Names of the model's inputs, in order. */
  readonly inputs: readonly string[];
  readonly horizonDays: number;
  /** False: it shows what is possible and is never put in force. */
  readonly promotable: boolean;
  /** SHA-256 of the tables that it was fitted and calibrated on, hexadecimal; empty where it does not say. */
  readonly trainedOn: readonly string[];
  /** SHA-256 of every other file, hexadecimal. */
  readonly files: Readonly<Record<string, string>>;
}

export interface ModelFiles {
  readonly manifest: Manifest;
  /** SHA-256 of the manifest, which stands for every file that it names; hexadecimal. */
  readonly manifestSha256: string;
  readonly contents: Readonly<Record<ModelFile, Uint8Array>>;
}

/** The check that keeps a model from being used. */
export type ModelCheck = 'manifest' | 'hash' | 'forest' | 'calibration' | 'policy' | 'binding' | 'onnx' | 'golden';

/** A model that must not be used; the message begins with the check that failed. */
export class ModelRefusedError extends Error {
  override readonly name = 'ModelRefusedError';
  readonly check: ModelCheck;
  /** What it found. */
  readonly why: string;
  constructor(check: ModelCheck, why: string, options?: ErrorOptions) {
    super(`model refused by the ${check} check: ${why}`, options);
    this.check = check;
    this.why = why;
  }
}

/** Runs one check; whatever it throws names the check. */
export async function checked<T>(check: ModelCheck, run: () => Promise<T> | T): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (cause instanceof ModelRefusedError) throw cause;
    throw new ModelRefusedError(check, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Reads the manifest and every file that it names, and compares hashes. Throws {@link ModelRefusedError}. */
export async function readModelFiles(directory: string): Promise<ModelFiles> {
  const { manifest, manifestSha256 } = await readManifest(directory);
  const names = Object.keys(manifest.files);
  const missing = REQUIRED_FILES.filter((name) => !names.includes(name));
  if (missing.length > 0) throw new ModelRefusedError('manifest', `names no ${missing.join(', ')}`);
  const entries = await Promise.all(
    names.map(async (name) => [name, await readVerified(directory, name, manifest.files[name]!)] as const),
  );
  return { manifest, manifestSha256, contents: Object.fromEntries(entries) as Record<ModelFile, Uint8Array> };
}

/** Reads the manifest alone. Throws {@link ModelRefusedError}. */
export async function readManifest(directory: string): Promise<Pick<ModelFiles, 'manifest' | 'manifestSha256'>> {
  const content = await checked('manifest', () => readFile(join(directory, 'manifest.json')));
  const manifest = await checked('manifest', () => parseManifest(JSON.parse(content.toString('utf8'))));
  return { manifest, manifestSha256: sha256Of(content) };
}

/** The JSON of a file that {@link readModelFiles} has read. */
export function jsonOf(files: ModelFiles, name: ModelFile): unknown {
  return JSON.parse(Buffer.from(files.contents[name]).toString('utf8'));
}

async function readVerified(directory: string, name: string, sha256: string): Promise<Uint8Array> {
  const content = await checked('hash', () => readFile(join(directory, name)));
  const found = sha256Of(content);
  if (found !== sha256)
    throw new ModelRefusedError('hash', `${name} has the SHA-256 ${found}, the manifest says ${sha256}`);
  return content;
}

function sha256Of(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function parseManifest(document: Partial<Record<keyof Manifest | 'format' | 'data', unknown>>): Manifest {
  const { format, name, version, featureSetVersion, inputs, horizonDays, promotable = true, data, files } = document;
  const refuse = (why: string): never => {
    throw new ModelRefusedError('manifest', why);
  };
  if (format !== 'pde-model/1') return refuse(`format is ${String(format)}, not pde-model/1`);
  if (!isName(name) || !isName(version)) return refuse('name or version is not [A-Za-z0-9._-]{1,64}');
  if (!isText(featureSetVersion)) return refuse('featureSetVersion is not text');
  if (!Array.isArray(inputs) || inputs.length === 0 || !inputs.every(isText)) return refuse('inputs are not names');
  if (!Number.isInteger(horizonDays) || Number(horizonDays) < 1) return refuse('horizonDays is not a number of days');
  if (typeof promotable !== 'boolean') return refuse('promotable is neither true nor false');
  if (!isFileHashes(files)) return refuse('files are not plain names with a SHA-256 each');
  return {
    ...{ name, version, featureSetVersion, inputs, horizonDays: Number(horizonDays), promotable, files },
    trainedOn: tablesOf(data),
  };
}

function tablesOf(data: unknown): readonly string[] {
  const { sha256, tables } = (data ?? {}) as { sha256?: unknown; tables?: { calibration?: unknown } };
  return [sha256, tables?.calibration].filter((hash) => typeof hash === 'string');
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(value);
}

function isFileHashes(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).every(([name, hash]) => isName(name) && /^[0-9a-f]{64}$/.test(String(hash)));
}
