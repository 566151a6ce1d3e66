/**
 * Lines of the Berka files: fields separated by `;`, text in double quotes, dates YYMMDD, money with two decimals.
 * What does not fit is a value here, never an exception: the importer reports it with file and line.
 */

export type Parsed<T> = { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'bad'; readonly problem: string };

export function ok<T>(value: T): Parsed<T> {
  return { kind: 'ok', value };
}

export function bad<T>(problem: string): Parsed<T> {
  return { kind: 'bad', problem };
}

/** The fields of a line, unquoted; bad if there are not `count` of them. */
export function splitLine(line: string, count: number): Parsed<readonly string[]> {
  const fields = line.split(';');
  if (fields.length !== count) return bad(`${fields.length} fields, expected ${count}`);
  const plain = fields.map(unquote);
  const index = plain.indexOf(null);
  return index < 0 ? ok(plain as string[]) : bad(`field ${index + 1} has an unmatched quote: ${fields[index]}`);
}

/** A whole number from 1, as text without leading zeros. */
export function parseId(text: string, name: string): Parsed<string> {
  return /^[1-9]\d{0,15}$/.test(text) ? ok(text) : bad(`${name} is "${text}": expected a whole number from 1`);
}

/** YYMMDD of 1900-1999 as days since the epoch. */
export function parseDate(text: string, name: string): Parsed<number> {
  const match = /^(\d\d)(\d\d)(\d\d)$/.exec(text);
  if (match === null) return bad(`${name} is "${text}": expected YYMMDD`);
  const iso = `19${match[1]}-${match[2]}-${match[3]}`;
  const ms = Date.parse(`${iso}T00:00:00Z`);
  const exists = !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(iso);
  return exists ? ok(ms / 86_400_000) : bad(`${name} is "${text}": no such date`);
}

/** An amount with at most two decimals as minor units, within the bounds. */
export function parseMinor(text: string, name: string, min: number, max = 1e13): Parsed<number> {
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,2}))?$/.exec(text);
  if (match === null) return bad(`${name} is "${text}": expected an amount with at most two decimals`);
  const minor = Number(match[2]) * 100 + Number((match[3] ?? '').padEnd(2, '0'));
  const signed = match[1] === '-' ? -minor : minor;
  if (signed < min || signed > max) return bad(`${name} is "${text}": out of bounds`);
  return ok(signed === 0 ? 0 : signed);
}

/** The first problem, or all values. */
export function all<T extends readonly Parsed<unknown>[]>(
  ...parts: T
): Parsed<{ readonly [K in keyof T]: T[K] extends Parsed<infer V> ? V : never }> {
  const values: unknown[] = [];
  for (const part of parts) {
    if (part.kind === 'bad') return part;
    values.push(part.value);
  }
  return ok(values as never);
}

function unquote(field: string): string | null {
  const text = field.trim();
  if (text.length >= 2 && text.startsWith('"') && text.endsWith('"')) return text.slice(1, -1).trim();
  return text.includes('"') ? null : text;
}
