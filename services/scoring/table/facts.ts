/** What lies beside a table of the simulator (services/simulator/README.md, "The data set"): what is in it, and of which bytes that is said. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { TableError } from '../../platform/table/column.ts';
import { hashOfTable } from '../../platform/table/hash.ts';

export interface TableFacts {
  /** SHA-256 of the table as it lies here, hexadecimal. */
  readonly sha256: string;
  /** Whether the facts are about these bytes: about others they prove nothing. */
  readonly isVouchedFor: boolean;
  readonly format: string;
  readonly featureSetVersion: string;
  /** Null where they do not say. */
  readonly horizonDays: number | null;
  /** Null where they do not say. */
  readonly leakCheckPassed: boolean | null;
  /** The whole document, for what only some tables have. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** @throws TableError where the table or its facts cannot be read */
export async function readFacts(path: string): Promise<TableFacts> {
  const sha256 = await hashOf(path);
  const document = await documentBeside(path);
  const { format, feature_set_version: version, leak_check: check, label, files } = document;
  const { passed } = (check ?? {}) as { passed?: unknown };
  const { horizon_days: horizonDays } = (label ?? {}) as { horizon_days?: unknown };
  return {
    sha256,
    isVouchedFor: ((files ?? {}) as Readonly<Record<string, unknown>>)[basename(path)] === sha256,
    format: typeof format === 'string' ? format : 'none',
    featureSetVersion: typeof version === 'string' ? version : 'none',
    horizonDays: typeof horizonDays === 'number' ? horizonDays : null,
    leakCheckPassed: typeof passed === 'boolean' ? passed : null,
    document,
  };
}

/** @throws TableError unless the facts are of this format and feature set, and about these bytes */
export function assertFacts(path: string, facts: TableFacts, format: string, featureSetVersion: string): void {
  const refuse = (why: string): never => {
    throw new TableError(`${basename(path)}: ${why}`);
  };
  if (facts.format !== format) refuse(`the facts beside it are ${facts.format}, not ${format}`);
  if (facts.featureSetVersion !== featureSetVersion) {
    refuse(`its vectors are of feature set ${facts.featureSetVersion}, this engine's of ${featureSetVersion}`);
  }
  if (!facts.isVouchedFor) refuse(`has the SHA-256 ${facts.sha256}, which the facts beside it do not name`);
}

/** The path of what lies beside a table. */
export function beside(path: string, ending: string): string {
  return path.replace(/\.parquet$/, '') + ending;
}

async function documentBeside(path: string): Promise<TableFacts['document']> {
  const file = beside(path, '.json');
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new TableError(`${file} cannot be read: a table is judged with its facts beside it`, { cause });
  });
  try {
    return JSON.parse(text) as TableFacts['document'];
  } catch (cause) {
    throw new TableError(`${file} is no JSON`, { cause });
  }
}

function hashOf(path: string): Promise<string> {
  return hashOfTable(path).catch((cause: unknown) => {
    throw new TableError(`${path} cannot be read`, { cause });
  });
}
