import { describe, expect, it } from 'vitest';
import { murmur2, partitionOf } from './partition.ts';

const utf8 = new TextEncoder();

describe('murmur2', () => {
  // Apache Kafka, clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java, testMurmur2
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ])('of %s is what Java computes', (key, hash) => {
    expect(murmur2(utf8.encode(key))).toBe(hash);
  });

  it('of the bytes a, b, c is what Java computes', () => {
    expect(murmur2(utf8.encode('abc'))).toBe(479470107);
  });
});

describe('partitionOf', () => {
  it('is the positive hash modulo the partitions, as in Java', () => {
    expect(partitionOf('21', 3)).toBe((-973932308 & 0x7fffffff) % 3);
  });

  it('gives text and its UTF-8 bytes the same partition', () => {
    for (const key of ['c-1', 'Žofie', '', '客户']) expect(partitionOf(key, 7)).toBe(partitionOf(utf8.encode(key), 7));
  });

  it('spreads customers over all partitions', () => {
    const seen = new Set(Array.from({ length: 100 }, (_, n) => partitionOf(`C${n}`, 3)));
    expect([...seen].sort()).toEqual([0, 1, 2]);
  });
});
