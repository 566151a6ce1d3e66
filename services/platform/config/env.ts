/**
 * Environment -> one frozen value. Every problem is found in one pass and reported in one ConfigError; no value of a secret
 * ever appears in a problem, a row or a log.
 */
import { createReader } from './reader.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What every setting says of itself. */
export interface SettingOptions<T> {
  /** One line: what the setting is for. Shown by `--help` and in the service's README. */
  readonly about: string;
  /** Taken where the variable is absent or empty. Without it the setting is required. */
  readonly default?: T;
}

/** Bounds of a whole number, both inclusive, in the setting's unit. */
export interface NumberOptions extends SettingOptions<number> {
  readonly min: number;
  readonly max: number;
}

/**
 * Reads settings by name. A missing or malformed setting is noted and a stand-in of the right type is returned, so that
 * reading goes on to the next one: do not act on a value before readConfig has returned.
 */
export interface EnvReader {
  string(name: string, options: SettingOptions<string> & { readonly pattern?: RegExp }): string;
  /** Null where absent. */
  optional(name: string, options: { readonly about: string; readonly pattern?: RegExp }): string | null;
  /** A string that is never shown. */
  secret(name: string, options: { readonly about: string }): string;
  /** A secret, or null where absent. */
  optionalSecret(name: string, options: { readonly about: string }): string | null;
  integer(name: string, options: NumberOptions): number;
  /** A decimal number. */
  number(name: string, options: NumberOptions): number;
  /** A whole number of milliseconds. */
  durationMs(name: string, options: NumberOptions): number;
  /** A whole number of bytes. */
  bytes(name: string, options: NumberOptions): number;
  /** `true` or `false`. */
  boolean(name: string, options: SettingOptions<boolean>): boolean;
  oneOf<const T extends string>(name: string, values: readonly T[], options: SettingOptions<T>): T;
  /** An absolute http or https URL, without a trailing slash. */
  url(name: string, options: SettingOptions<string>): string;
  /** Comma-separated, blanks trimmed, at least one entry. */
  list(name: string, options: SettingOptions<readonly string[]>): readonly string[];
}

/** One setting as documentation. */
export interface SettingRow {
  readonly name: string;
  readonly about: string;
  /** "ms", "bytes", "true or false" …; empty for plain text. */
  readonly unit: string;
  /** Null where the setting is required. */
  readonly default: string | null;
  /** Bounds or pattern; empty where there is none. */
  readonly bounds: string;
}

/** Everything that is wrong with the environment. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`configuration has ${problems.length} problem(s):\n${problems.map((line) => `  - ${line}`).join('\n')}`);
    this.problems = problems;
  }
}

/**
 * Reads the whole configuration.
 *
 * @throws ConfigError listing every problem, each naming the variable, the value (unless secret) and the bound.
 */
export function readConfig<T>(env: Environment, read: (reader: EnvReader) => T): T {
  const { reader, problems } = createReader(env);
  const value = read(reader);
  if (problems.length > 0) throw new ConfigError(problems);
  return freeze(value);
}

/** The settings that `read` asks for, in order, each once. Needs no environment. */
export function describeConfig(read: (reader: EnvReader) => unknown): readonly SettingRow[] {
  const { reader, rows } = createReader({});
  read(reader);
  return [...rows.values()];
}

/** The rows as a table for a terminal. */
export function renderSettings(rows: readonly SettingRow[]): string {
  return rows
    .map((row) => {
      const facts = [row.default === null ? 'required' : `default ${row.default || '(empty)'}`, row.unit, row.bounds];
      return `  ${row.name}\n      ${row.about}\n      ${facts.filter((fact) => fact !== '').join(', ')}`;
    })
    .join('\n');
}

/** The rows as the Markdown table of a service's README. */
export function settingsMarkdown(rows: readonly SettingRow[]): string {
  const line = (row: SettingRow): string =>
    `| \`${row.name}\` | ${row.about} | ${row.unit} | ${row.default ?? 'required'} | ${asCode(row.bounds)} |`;
  return ['| setting | meaning | unit | default | bounds |', '|---|---|---|---|---|', ...rows.map(line)].join('\n');
}

/** A pattern between backticks, so that neither readers nor formatters take it for Markdown. */
function asCode(bounds: string): string {
  const pattern = /^matches (.*)$/.exec(bounds)?.[1];
  return pattern === undefined ? bounds : `matches \`${pattern.replaceAll('|', '\\|')}\``;
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}
