import { describe, expect, it } from 'vitest';
import { arrayParameter, columns, findRefusedRows, slices } from './batch.ts';
import { identifier } from './identifier.ts';
import { classify, isTransient, PostgresUnavailableError } from './sqlstate.ts';

const withCode = (code: string) => Object.assign(new Error(code), { code });

describe('classify', () => {
  it.each([
    ['08006', 'transient'],
    ['40001', 'transient'],
    ['40P01', 'transient'],
    ['53300', 'transient'],
    ['57014', 'transient'],
    ['57P01', 'transient'],
    ['58030', 'transient'],
    ['55P03', 'transient'],
    ['25P03', 'transient'],
    ['ECONNREFUSED', 'transient'],
    ['22P05', 'content'],
    ['22003', 'content'],
    ['23505', 'content'],
    ['42P01', 'other'],
    ['42501', 'other'],
  ])('of %s is %s', (code, fault) => {
    expect(classify(withCode(code))).toBe(fault);
  });

  it('of a dead socket is transient, of a defect other', () => {
    expect(isTransient(new PostgresUnavailableError('read timeout'))).toBe(true);
    expect(classify(new TypeError('undefined is not a function'))).toBe('other');
    expect(classify('what')).toBe('other');
  });
});

describe('columns', () => {
  it('turns rows into one array per column, undefined into NULL', () => {
    const rows: { a: number; b?: string }[] = [{ a: 1, b: 'x' }, { a: 2 }];
    expect(
      columns(
        rows,
        (row) => row.a,
        (row) => row.b,
      ),
    ).toEqual(['{1,2}', '{"x",NULL}']);
  });

  it('writes what has a literal, and leaves the rest to the driver', () => {
    expect(arrayParameter([1.5, Number.NaN, 2n, true])).toBe('{1.5,NaN,2,true}');
    expect(arrayParameter(['a"b', 'c\\d', 'NULL', ''])).toBe('{"a\\"b","c\\\\d","NULL",""}');
    expect(arrayParameter([])).toBe('{}');
    const at = new Date(0);
    expect(arrayParameter([at, undefined])).toEqual([at, null]);
  });
});

describe('slices', () => {
  it('cuts rows into consecutive parts', () => {
    expect(slices([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(slices([], 2)).toEqual([]);
  });
});

describe('findRefusedRows', () => {
  const refusing = (bad: ReadonlySet<number>, tries: { count: number }) => async (rows: readonly number[]) => {
    tries.count++;
    if (rows.some((row) => bad.has(row))) throw withCode('22003');
  };
  const rows = Array.from({ length: 500 }, (_, n) => n);

  it('finds every refused row with its error, in order', async () => {
    const found = await findRefusedRows(rows, refusing(new Set([499, 3, 250]), { count: 0 }));
    expect(found.map(({ row }) => row)).toEqual([3, 250, 499]);
    expect(found.every(({ cause }) => classify(cause) === 'content')).toBe(true);
  });

  it('tries far less often than there are rows', async () => {
    const tries = { count: 0 };
    await findRefusedRows(rows, refusing(new Set([123]), tries));
    expect(tries.count).toBeLessThan(25);
  });

  it('passes on an error that is not the rows’', async () => {
    const away = async () => {
      throw withCode('57P01');
    };
    await expect(findRefusedRows(rows, away)).rejects.toMatchObject({ code: '57P01' });
  });
});

describe('identifier', () => {
  it('refuses what is no plain name', () => {
    expect(identifier('features')).toBe('features');
    for (const name of ['', 'a b', 'a;drop', 'A', '1a', 'a'.repeat(64)]) expect(() => identifier(name)).toThrow();
  });
});
