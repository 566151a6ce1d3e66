/** Models as they lie in `<models>/<name>/<version>/`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from './usage-error.ts';

/** Kept beside the versions, never put in force: the best model of ten times the data. */
const CEILING = 'ceiling';

export interface ModelFolder {
  readonly directory: string;
  readonly version: string;
  /** Folder of the ceiling kept beside it; null: there is none. */
  readonly ceiling: string | null;
}

/** @param version absent: the latest, 10 after 9. @throws UsageError where there is no such model */
export function findModel(models: string, name: string, version?: string): ModelFolder {
  const folder = join(models, name);
  const versions = existsSync(folder) ? readdirSync(folder).filter((entry) => isModel(join(folder, entry))) : [];
  const found =
    version ??
    versions
      .filter((entry) => entry !== CEILING)
      .sort(BY_NUMBER)
      .at(-1);
  if (found === undefined || !versions.includes(found)) {
    const there = versions.length === 0 ? 'no version of it' : versions.sort(BY_NUMBER).join(', ');
    throw new UsageError(`there is no model ${name}/${found ?? '…'}: there is ${there}`);
  }
  const hasCeiling = versions.includes(CEILING) && found !== CEILING;
  return { directory: join(folder, found), version: found, ceiling: hasCeiling ? join(folder, CEILING) : null };
}

/** Seeds of the synthetic banks that a model was made from, as far as its manifest tells. */
export function trainingSeeds(directory: string): readonly number[] {
  const seeds: number[] = [];
  JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8'), (key, value: unknown) => {
    const bank = key === 'bank' ? (value as { kind?: unknown; seed?: unknown } | null) : null;
    if (bank?.kind === 'synthetic' && typeof bank.seed === 'number') seeds.push(bank.seed);
    return value;
  });
  return seeds;
}

function isModel(folder: string): boolean {
  return existsSync(join(folder, 'manifest.json'));
}

const BY_NUMBER = new Intl.Collator('en', { numeric: true }).compare;
