import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { CATALOGUE, FEATURE_SET_VERSION } from '../../domain/features/catalogue.ts';
import type { DatasetRow } from './rows.ts';

/** Columns of the table, in order. */
export const DATASET_COLUMNS: readonly string[] = [
  'customer_id',
  't_ms',
  'label',
  ...CATALOGUE.map((feature) => feature.name),
];

export interface DatasetFile {
  write(rows: Iterable<DatasetRow>): Promise<void>;
  /** Puts the table in its place, and `<path>.json` beside it. @returns the sidecar */
  finish(facts: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
}

/** A table as CSV: unknown values are empty, known ones have every digit. It has its name only once it is whole. */
export async function openDataset(path: string): Promise<DatasetFile> {
  const partial = `${path}.partial`;
  const out = createWriteStream(partial);
  await once(out, 'open');
  const hash = createHash('sha256');
  let rows = 0;

  async function put(text: string): Promise<void> {
    hash.update(text);
    if (!out.write(text)) await once(out, 'drain');
  }
  await put(`${DATASET_COLUMNS.join(',')}\n`);

  return {
    async write(some) {
      const lines: string[] = [];
      for (const row of some) lines.push(lineOf(row));
      rows += lines.length;
      if (lines.length > 0) await put(lines.join(''));
    },
    async finish(facts) {
      out.end();
      await once(out, 'close');
      const sidecar = {
        ...facts,
        rows,
        sha256: hash.digest('hex'),
        feature_set_version: FEATURE_SET_VERSION,
        columns: DATASET_COLUMNS,
      };
      await writeFile(`${path}.json`, `${JSON.stringify(sidecar, null, 2)}\n`);
      await rename(partial, path);
      return sidecar;
    },
  };
}

function lineOf({ customerId, tMs, label, values }: DatasetRow): string {
  let line = `${customerId},${tMs},${label}`;
  for (const value of values) line += Number.isNaN(value) ? ',' : `,${value}`;
  return `${line}\n`;
}
