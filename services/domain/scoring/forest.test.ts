import { describe, expect, test } from 'vitest';
import { type ForestDocument, forestMargin, InvalidForestError, parseForest, type TreeDocument } from './forest.ts';

const STUMP: TreeDocument = {
  feature: [0, -1, -1],
  value: [0.671, -0.5, 0.5],
  left: [1, -1, -1],
  right: [2, -1, -1],
  defaultLeft: [1, 0, 0],
  cover: [10, 4, 6],
};

function stump(change: Partial<TreeDocument> = {}): ForestDocument {
  return { format: 'pde-forest/1', features: ['a', 'b'], baseMargin: 1, trees: [{ ...STUMP, ...change }] };
}

function marginOf(x: number): number {
  return forestMargin(parseForest(stump()), Float32Array.of(x, 0), 0);
}

describe('a forest decides as XGBoost does', () => {
  test('below the threshold goes left', () => expect(marginOf(0.67)).toBe(0.5));
  test('a tie goes right, compared in float32', () => expect(marginOf(0.671)).toBe(1.5));
  test('NaN follows the default side', () => expect(marginOf(Number.NaN)).toBe(0.5));
});

describe('a forest that cannot be explained is refused, and the message says where', () => {
  test.each<[string, unknown, RegExp]>([
    ['a node without cover', stump({ cover: [10, 0, 10] }), /tree 0, node 1: has the cover 0/],
    ['an input out of bounds', stump({ feature: [2, -1, -1] }), /tree 0, node 0: compares input 2, of 2/],
    ['a child out of bounds', stump({ right: [3, -1, -1] }), /node 3: is not among the tree's 3 nodes/],
    ['a cycle', stump({ right: [0, -1, -1] }), /node 0: is reached twice/],
    ['an orphan', stump({ right: [1, -1, -1] }), /node 1: is reached twice/],
    ['a leaf that is no number', stump({ value: [0, Number.NaN, 0] }), /node 1: has the value NaN/],
    ['a third default side', stump({ defaultLeft: [2, 0, 0] }), /node 0: has a default side/],
    ['columns of uneven length', stump({ cover: [10, 4] }), /tree 0: cover has 2 entries, not 3/],
    ['another format', { ...stump(), format: 'pde-forest/9' }, /has the format pde-forest\/9/],
    ['a name twice', { ...stump(), features: ['a', 'a'] }, /not distinct names/],
    ['no object', null, /is not an object/],
  ])('%s', (_, document, message) => {
    expect(() => parseForest(document)).toThrow(InvalidForestError);
    expect(() => parseForest(document)).toThrow(message);
  });
});
