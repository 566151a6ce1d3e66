import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { CommandError } from '../usage-error.ts';
import type { Parsed } from './line.ts';

/** A line that was not understood. */
export interface BadLine {
  readonly file: string;
  /** From 1, the header included. */
  readonly line: number;
  readonly problem: string;
}

export interface ReadFile<T> {
  readonly values: readonly { readonly value: T; readonly line: number }[];
  readonly bad: readonly BadLine[];
  readonly name: string;
  /** Of the bytes as stored. */
  readonly sha256: string;
}

/** The first of the names that is there, for instance trans.asc, else trans.asc.gz. Null if none is. */
export async function readFirst<T>(
  folder: string,
  names: readonly string[],
  header: string,
  parse: (line: string) => Parsed<T>,
): Promise<ReadFile<T> | null> {
  for (const name of names) {
    const bytes = await readIfThere(join(folder, name));
    if (bytes === null) continue;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const text = (name.endsWith('.gz') ? await unpack(bytes, name) : bytes).toString('latin1');
    return { ...parseLines(text, name, header, parse), name: basename(name), sha256 };
  }
  return null;
}

/** Reads lines below the header; blank lines at the end count for nothing. */
export function parseLines<T>(
  text: string,
  file: string,
  header: string,
  parse: (line: string) => Parsed<T>,
): Pick<ReadFile<T>, 'values' | 'bad'> {
  const lines = text.split(/\r?\n/);
  while (lines.at(-1)?.trim() === '') lines.pop();
  const values: { value: T; line: number }[] = [];
  const bad: BadLine[] = [];
  if (lines[0]?.replaceAll('"', '').trim() !== header) {
    throw new CommandError(`${file}:1: the header is not ${header}`);
  }
  for (let i = 1; i < lines.length; i++) {
    const parsed = parse(lines[i] ?? '');
    if (parsed.kind === 'ok') values.push({ value: parsed.value, line: i + 1 });
    else bad.push({ file, line: i + 1, problem: parsed.problem });
  }
  return { values, bad };
}

async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw new CommandError(`${path} cannot be read`, { cause });
  }
}

async function unpack(bytes: Buffer, name: string): Promise<Buffer> {
  try {
    return await promisify(gunzip)(bytes);
  } catch (cause) {
    throw new CommandError(`${name} is not a whole gzip file`, { cause });
  }
}
