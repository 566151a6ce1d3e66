/** How arguments of `pde` are read: a value, or commander's error that says what it must be. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { ModelId } from './commands/model.ts';

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number from 1.');
  return value;
}

export function folder(text: string): string {
  const path = resolve(text);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new InvalidArgumentError('there is no such folder.');
  }
  return path;
}

export function file(text: string): string {
  const path = resolve(text);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new InvalidArgumentError('there is no such file.');
  }
  return path;
}

export function instances(text: string, previous: Record<string, number> = {}): Record<string, number> {
  const match = /^(features|scoring|interventions)=([1-9])$/.exec(text);
  if (match === null)
    throw new InvalidArgumentError('must be features=N, scoring=N or interventions=N, N from 1 to 9.');
  return { ...previous, [match[1]!]: Number(match[2]) };
}

export function modelName(text: string): ModelId {
  const match = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63})\/([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/.exec(text);
  if (match === null) throw new InvalidArgumentError('must be a name and a version, for instance synthetic/5.');
  return { name: match[1]!, version: match[2]! };
}

export function championName(text: string): ModelId | 'none' {
  return text === 'none' ? text : modelName(text);
}
