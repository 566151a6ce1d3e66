import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { FEATURE_SET_VERSION } from '../../domain/features/catalogue.ts';
import { createTable, type TableFile } from '../../platform/table/write.ts';
import { UsageError } from '../usage-error.ts';
import type { Block } from './block.ts';
import { ATTRIBUTE_COLUMNS, tableColumns } from './table.ts';

/** The files of one table. */
export interface DatasetPaths {
  readonly table: string;
  /** What tests of fairness read: never beside the features. */
  readonly attributes: string;
  /** What is in them, and how they came about. */
  readonly sidecar: string;
}

const SUFFIX = '.parquet';

/** @throws UsageError for a name that does not end in .parquet */
export function pathsOf(out: string): DatasetPaths {
  if (!out.endsWith(SUFFIX)) throw new UsageError(`--out is ${out}: a table is a file that ends in ${SUFFIX}`);
  const stem = out.slice(0, -SUFFIX.length);
  return { table: out, attributes: `${stem}.attributes${SUFFIX}`, sidecar: `${stem}.json` };
}

export interface DatasetFiles {
  append(block: Block): Promise<void>;
  /** Puts the files in their places, the sidecar last. @returns the sidecar */
  finish(facts: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
  /** For a `finally`: leaves nothing half done behind. */
  discard(): Promise<void>;
}

/** @param attributes with the file of attributes; false where the bank tells none */
export async function openDatasetFiles(
  paths: DatasetPaths,
  { oracle, attributes }: { readonly oracle: boolean; readonly attributes: boolean },
): Promise<DatasetFiles> {
  const columns = tableColumns(oracle);
  const table = await createTable(paths.table, columns);
  const apart = attributes ? await createTable(paths.attributes, ATTRIBUTE_COLUMNS) : null;
  return {
    async append(block) {
      await table.append(block.table);
      await apart?.append(block.attributes);
    },
    async finish(facts) {
      const written = await table.finish();
      const kept = await apart?.finish();
      const named = (path: string, file: TableFile | undefined) =>
        file === undefined ? {} : { [basename(path)]: file.sha256 };
      const sidecar = {
        format: 'pde-dataset/1',
        ...facts,
        rows: written.rows,
        feature_set_version: FEATURE_SET_VERSION,
        files: { ...named(paths.table, written), ...named(paths.attributes, kept) },
        schema: columns,
      };
      await writeFile(paths.sidecar, `${JSON.stringify(sidecar, null, 2)}\n`);
      return sidecar;
    },
    async discard() {
      await table.discard();
      await apart?.discard();
    },
  };
}
