import { describe, expect, it } from 'vitest';
import { bad, ok } from './line.ts';
import { parseTransaction } from './mapping.ts';
import { parseLines } from './read-file.ts';
import { consistent } from './read-folder.ts';

const number = (line: string) => (/^\d+$/.test(line) ? ok(Number(line)) : bad('no number'));

describe('a file', () => {
  it('is read below its header, and what is not understood is told by line', () => {
    expect(parseLines('"n"\r\n1\r\nx\r\n3\r\n\r\n', 'f.asc', 'n', number)).toEqual({
      values: [
        { value: 1, line: 2 },
        { value: 3, line: 4 },
      ],
      bad: [{ file: 'f.asc', line: 3, problem: 'no number' }],
    });
  });

  it('with another header is refused', () => {
    expect(() => parseLines('m\n1\n', 'f.asc', 'n', number)).toThrow('f.asc:1: the header is not n');
  });

  it('has each id once, of accounts that are known', () => {
    const values = ['1;7', '1;7', '2;8'].map((start, i) => {
      const parsed = parseTransaction(`${start};930101;"PRIJEM";"VKLAD";1.00;1.00;"";"";0`);
      if (parsed.kind === 'bad') throw new Error(parsed.problem);
      return { value: parsed.value, line: i + 2 };
    });
    const { transactions, bad: told } = consistent({ values, name: 'trans.asc' }, new Set(['berka-7']));
    expect(transactions.map((one) => one.transactionId)).toEqual(['1']);
    expect(told.map(({ line, problem }) => [line, problem])).toEqual([
      [3, 'trans_id 1 is also on line 2'],
      [4, 'account_id 8 is not in the account file'],
    ]);
  });
});
