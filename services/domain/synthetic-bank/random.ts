/**
 * A splittable, counter-based source of chance: a key names a stream, children of a key name independent streams, and nothing
 * is shared. What one customer, day or payment draws therefore never depends on how many others there are or on their order.
 */

/** Names a stream: 128 bits. */
export type Key = readonly [number, number, number, number];

export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  uniform(): number;
  /** True with probability p. */
  chance(p: number): boolean;
  /** Integer in [low, high], both inclusive. */
  integer(low: number, high: number): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Standard normal (Box-Muller, one of the pair). */
  normal(): number;
  /** Log-normal with mean 1 and the given standard deviation of the logarithm. */
  spread(sigma: number): number;
  /** Poisson with a mean below about 50. */
  poisson(mean: number): number;
  /** One element; the list must not be empty. */
  pick<T>(list: readonly T[]): T;
  /** Index drawn in proportion to the weights. */
  weighted(weights: readonly number[]): number;
}

/** The stream that all of a bank's streams descend from. The seed is a safe integer from 0. */
export function rootKey(seed: number): Key {
  return childKey(childKey([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], seed >>> 0), Math.floor(seed / 2 ** 32));
}

/** The stream named by a label below a key. Integers from 0 and strings are labels; 1 and "1" are not the same. */
export function childKey(key: Key, label: string | number): Key {
  const h = typeof label === 'number' ? mix(label ^ 0x6a09e667) : hashText(label);
  let [a, b, c, d] = key;
  for (let round = 0; round < 2; round++) {
    a = mix((a ^ h) + b);
    b = mix((b ^ Math.imul(h, 0x9e3779b1)) + c);
    c = mix((c ^ Math.imul(h, 0x85ebca77)) + d);
    d = mix((d ^ Math.imul(h, 0xc2b2ae3d)) + a);
  }
  return [a, b, c, d];
}

/** Hexadecimal digits of a key, 8 a word: opaque, and as good as unique from 16 on. */
export function hexOf(key: Key, digits: number): string {
  return key
    .map((word) => (word >>> 0).toString(16).padStart(8, '0'))
    .join('')
    .slice(0, digits);
}

/** A generator (sfc32) at the start of a key's stream. */
export function randomOf(key: Key): Random {
  let [a, b, c] = key;
  let counter = key[3] | 1;
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4294967296;
  };
  for (let warm = 0; warm < 8; warm++) next();
  return samplers(next);
}

function samplers(uniform: () => number): Random {
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform,
    chance: (p) => uniform() < p,
    integer: (low, high) => low + Math.floor(uniform() * (high - low + 1)),
    between: (low, high) => low + uniform() * (high - low),
    normal,
    spread: (sigma) => Math.exp(sigma * normal() - (sigma * sigma) / 2),
    poisson: (mean) => {
      const floor = Math.exp(-mean);
      let count = 0;
      for (let product = uniform(); product > floor; product *= uniform()) count++;
      return count;
    },
    pick: (list) => list[Math.floor(uniform() * list.length)] as (typeof list)[number],
    weighted: (weights) => {
      let left = uniform() * weights.reduce((sum, weight) => sum + weight, 0);
      const index = weights.findIndex((weight) => {
        left -= weight;
        return left < 0;
      });
      return index < 0 ? weights.length - 1 : index;
    },
  };
}

/** Murmur3's finalizer. */
function mix(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** FNV-1a over the UTF-16 units, finalized. */
function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mix(h);
}
