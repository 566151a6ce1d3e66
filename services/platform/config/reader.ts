/** The reader behind readConfig: one parse per kind of setting, problems and rows gathered on the way. */
import type { Environment, EnvReader, NumberOptions, SettingRow } from './env.ts';

interface Setting<T> {
  readonly about: string;
  readonly unit: string;
  readonly bounds: string;
  readonly secret: boolean;
  /** Undefined where the setting is required. */
  readonly fallback: T | undefined;
  readonly fallbackText: string | null;
  /** Returned beside a problem, so that reading goes on. */
  readonly standIn: T;
  /** The value, or the bound that the text breaks. */
  readonly parse: (text: string) => { readonly value: T } | { readonly problem: string };
}

/** A reader over env, with the problems and rows that it gathers as it is used. */
export function createReader(env: Environment): {
  reader: EnvReader;
  problems: string[];
  rows: Map<string, SettingRow>;
} {
  const problems: string[] = [];
  const rows = new Map<string, SettingRow>();

  const take = <T>(name: string, setting: Setting<T>): T => {
    const { about, unit, bounds, fallbackText } = setting;
    rows.set(name, { name, about, unit, bounds, default: fallbackText });
    const text = env[name];
    if (text === undefined || text === '') {
      if (setting.fallback !== undefined) return setting.fallback;
      problems.push(`${name} is not set: ${about}`);
      return setting.standIn;
    }
    const parsed = setting.parse(text);
    if ('value' in parsed) return parsed.value;
    problems.push(`${name}${setting.secret ? '' : ` is ${JSON.stringify(text)}: it`} ${parsed.problem}`);
    return setting.standIn;
  };

  const whole = (unit: string) => (name: string, options: NumberOptions) => take(name, numeric(unit, true, options));
  return { reader: readerOver(take, whole), problems, rows };
}

type Take = <T>(name: string, setting: Setting<T>) => T;

function readerOver(take: Take, whole: (unit: string) => (name: string, options: NumberOptions) => number): EnvReader {
  return {
    string: (name, o) => take(name, text(o.about, o.default, o.default ?? null, o.default ?? '', o.pattern)),
    optional: (name, o) => take<string | null>(name, text(o.about, null, 'none', null, o.pattern)),
    secret: (name, o) => take(name, { ...text(o.about, undefined, null, ''), secret: true }),
    optionalSecret: (name, o) => take<string | null>(name, { ...text(o.about, null, 'none', null), secret: true }),
    integer: whole(''),
    number: (name, o) => take(name, numeric('', false, o)),
    durationMs: whole('ms'),
    bytes: whole('bytes'),
    boolean: (name, o) =>
      take(
        name,
        choice(['true', 'false'], o.about, o.default?.toString(), (v) => v === 'true'),
      ),
    oneOf: (name, values, o) =>
      take(
        name,
        choice(values, o.about, o.default, (v) => v),
      ),
    url: (name, o) => take(name, url(o.about, o.default)),
    list: (name, o) => take(name, list(o.about, o.default)),
  };
}

function text<T extends string | null>(
  about: string,
  fallback: T | undefined,
  fallbackText: string | null,
  standIn: T,
  pattern?: RegExp,
): Setting<T | string> {
  return {
    about,
    unit: '',
    bounds: pattern === undefined ? '' : `matches ${pattern.source}`,
    secret: false,
    fallback,
    fallbackText,
    standIn,
    parse: (value) =>
      pattern === undefined || pattern.test(value) ? { value } : { problem: `must match ${pattern.source}` },
  };
}

function numeric(
  unit: string,
  wholeOnly: boolean,
  { about, min, max, default: fallback }: NumberOptions,
): Setting<number> {
  const shape = wholeOnly ? /^-?\d{1,15}$/ : /^-?\d+(\.\d+)?$/;
  const kind = wholeOnly ? 'a whole number' : 'a number';
  return {
    about,
    unit,
    bounds: `${min} to ${max}`,
    secret: false,
    fallback,
    fallbackText: fallback?.toString() ?? null,
    standIn: fallback ?? min,
    parse: (text) => {
      const value = shape.test(text) ? Number(text) : Number.NaN;
      if (value >= min && value <= max) return { value };
      return { problem: `must be ${kind}${unit === '' ? '' : ` of ${unit}`} from ${min} to ${max}` };
    },
  };
}

function choice<S extends string, T>(
  values: readonly S[],
  about: string,
  fallback: S | string | undefined,
  map: (value: S) => T,
): Setting<T> {
  const known = (text: string): S | undefined => values.find((value) => value === text);
  const preset = fallback === undefined ? undefined : known(fallback);
  return {
    about,
    unit: '',
    bounds: values.join(', '),
    secret: false,
    fallback: preset === undefined ? undefined : map(preset),
    fallbackText: fallback ?? null,
    standIn: map(preset ?? values[0]!),
    parse: (text) => {
      const value = known(text);
      return value === undefined ? { problem: `must be one of ${values.join(', ')}` } : { value: map(value) };
    },
  };
}

function url(about: string, fallback: string | undefined): Setting<string> {
  return {
    about,
    unit: 'URL',
    bounds: '',
    secret: false,
    fallback,
    fallbackText: fallback ?? null,
    standIn: fallback ?? 'http://127.0.0.1',
    parse: (text) => {
      const parsed = URL.canParse(text) ? new URL(text) : null;
      if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) {
        return { problem: 'must be an absolute http or https URL' };
      }
      return { value: text.replace(/\/+$/, '') };
    },
  };
}

function list(about: string, fallback: readonly string[] | undefined): Setting<readonly string[]> {
  return {
    about,
    unit: 'comma-separated',
    bounds: '',
    secret: false,
    fallback,
    fallbackText: fallback?.join(',') ?? null,
    standIn: fallback ?? [],
    parse: (text) => {
      const value = text
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== '');
      return value.length > 0 ? { value } : { problem: 'must have at least one entry' };
    },
  };
}
