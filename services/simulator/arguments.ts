import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { UsageError } from './usage-error.ts';

/** One command of the simulator. */
export interface Command {
  readonly name: string;
  /** One line. */
  readonly about: string;
  readonly flags: readonly Flag[];
  /** @returns what `--json` prints; a person gets `summary` of it */
  run(flags: Flags): Promise<CommandResult>;
}

export interface CommandResult {
  readonly json: Readonly<Record<string, unknown>>;
  readonly summary: string;
}

export interface Flag {
  readonly name: string;
  readonly about: string;
  /** Placeholder of the value, for instance `N`; null for a switch. */
  readonly value: string | null;
}

export interface Flags {
  text(name: string): string | null;
  required(name: string): string;
  isSet(name: string): boolean;
  /** A whole number within bounds; the default where absent. */
  integer(name: string, bounds: { readonly min: number; readonly max: number; readonly default: number }): number;
  /** A whole number within bounds, or null where absent. */
  optionalInteger(name: string, bounds: { readonly min: number; readonly max: number }): number | null;
  optionalNumber(name: string, bounds: { readonly min: number; readonly max: number }): number | null;
  /** An ISO 8601 date or instant as milliseconds since the epoch, or null where absent. */
  time(name: string): number | null;
}

const COMMON: readonly Flag[] = [
  { name: 'json', about: 'print one JSON object on stdout and nothing else', value: null },
  { name: 'help', about: 'print this help', value: null },
];

/** @throws UsageError for an unknown flag or a missing value */
export function parseFlags(command: Command, args: readonly string[]): Flags {
  const options: ParseArgsOptionsConfig = {};
  for (const flag of [...command.flags, ...COMMON]) {
    options[flag.name] = { type: flag.value === null ? 'boolean' : 'string' };
  }
  try {
    const { values } = parseArgs({ args: [...args], options, allowPositionals: false, strict: true });
    return flagsOf(values);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${command.name}: ${reason.split('. ')[0]}; see --help`, { cause });
  }
}

export function helpOf(command: Command): string {
  const lines = [...command.flags, ...COMMON].map(({ name, about, value }) => {
    const left = value === null ? `--${name}` : `--${name} ${value}`;
    return `  ${left.padEnd(22)} ${about}`;
  });
  return `${command.name}: ${command.about}\n\nFlags:\n${lines.join('\n')}\n`;
}

function flagsOf(values: Readonly<Record<string, unknown>>): Flags {
  const text = (name: string): string | null => {
    const value = values[name];
    return typeof value === 'string' ? value : null;
  };
  const number = (name: string, whole: boolean, { min, max }: { min: number; max: number }): number | null => {
    const value = text(name);
    if (value === null) return null;
    const parsed = value.trim() === '' ? Number.NaN : Number(value);
    const fits = parsed >= min && parsed <= max && (!whole || Number.isInteger(parsed));
    if (!fits) {
      throw new UsageError(`--${name} is ${value}: expected a ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
    }
    return parsed;
  };
  return {
    text,
    isSet: (name) => values[name] === true,
    required(name) {
      const value = text(name);
      if (value === null || value === '') throw new UsageError(`--${name} is missing`);
      return value;
    },
    integer: (name, bounds) => number(name, true, bounds) ?? bounds.default,
    optionalInteger: (name, bounds) => number(name, true, bounds),
    optionalNumber: (name, bounds) => number(name, false, bounds),
    time(name) {
      const value = text(name);
      if (value === null) return null;
      const ms = Date.parse(value);
      if (Number.isNaN(ms)) throw new UsageError(`--${name} is ${value}: expected an ISO 8601 date or time`);
      return ms;
    },
  };
}
