import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BankParameters, parameterProblems } from '../domain/synthetic-bank/parameters.ts';
import { CommandError } from './usage-error.ts';

/** The parameters of a synthetic bank with the sha256 of the file they are from. */
export interface ParametersFile {
  readonly parameters: BankParameters;
  readonly sha256: string;
}

const DEFAULT_FILE = shipped('parameters.json');

/** Those that ship with the generator, by name. */
const NAMED: Readonly<Record<string, string>> = {
  default: DEFAULT_FILE,
  shift: shipped('parameters.shift.json'),
  disparity: shipped('parameters.disparity.json'),
};

function shipped(file: string): string {
  return fileURLToPath(new URL(`../domain/synthetic-bank/${file}`, import.meta.url));
}

/** @param path a name of {@link NAMED} or a file's path; null: the default bank's */
export async function readParameters(path: string | null): Promise<ParametersFile> {
  const file = path === null ? DEFAULT_FILE : (NAMED[path] ?? path);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new CommandError(`parameters ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
  const base = JSON.parse(await readFile(DEFAULT_FILE, 'utf8')) as unknown;
  const values = parse(bytes.toString('utf8'), path);
  const missing = missingPaths(base, values, '');
  if (missing.length > 0)
    throw new CommandError(`parameters ${path}: missing or of another type: ${missing.join(', ')}`);
  const problems = parameterProblems(values as BankParameters);
  if (problems.length > 0) throw new CommandError(`parameters ${path}: ${problems.join(', ')}`);
  return { parameters: values as BankParameters, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function parse(text: string, path: string | null): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CommandError(`parameters ${path}: not JSON`, { cause });
  }
}

/** Paths of the default's values that the other lacks, or holds as another type. */
function missingPaths(base: unknown, other: unknown, path: string): string[] {
  if (Array.isArray(base)) return Array.isArray(other) && other.length > 0 ? [] : [path];
  if (typeof base !== 'object' || base === null) return typeof other === typeof base ? [] : [path];
  if (typeof other !== 'object' || other === null) return [path];
  return Object.entries(base).flatMap(([key, value]) =>
    missingPaths(value, (other as Record<string, unknown>)[key], path === '' ? key : `${path}.${key}`),
  );
}
