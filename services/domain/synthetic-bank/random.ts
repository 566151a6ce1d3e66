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
  const h = typeof label === 'number' ? mix(label ^ 0x6a09e667) : hashOf(label);
  const [h1, h2, h3] = [Math.imul(h, 0x9e3779b1), Math.imul(h, 0x85ebca77), Math.imul(h, 0xc2b2ae3d)];
  let a = key[0];
  let b = key[1];
  let c = key[2];
  let d = key[3];
  for (let round = 0; round < 2; round++) {
    a = mix((a ^ h) + b);
    b = mix((b ^ h1) + c);
    c = mix((c ^ h2) + d);
    d = mix((d ^ h3) + a);
  }
  return [a, b, c, d];
}

/** Hexadecimal digits of a key, 8 a word, an even number: opaque, and as good as unique from 16 on. */
export function hexOf(key: Key, digits: number): string {
  let text = '';
  for (let byte = 0; 2 * byte < digits; byte++) {
    text += HEX[((key[byte >> 2] as number) >>> (24 - 8 * (byte & 3))) & 255];
  }
  return text;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** A generator (sfc32) at the start of a key's stream. */
export function randomOf(key: Key): Random {
  return new Stream(key);
}

class Stream implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  constructor(key: Key) {
    this.#a = key[0];
    this.#b = key[1];
    this.#c = key[2];
    this.#counter = key[3] | 1;
    for (let warm = 0; warm < 8; warm++) this.uniform();
  }

  uniform(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return (t >>> 0) / 4294967296;
  }

  chance(p: number): boolean {
    return this.uniform() < p;
  }

  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }

  between(low: number, high: number): number {
    return low + this.uniform() * (high - low);
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  spread(sigma: number): number {
    return Math.exp(sigma * this.normal() - (sigma * sigma) / 2);
  }

  poisson(mean: number): number {
    const floor = Math.exp(-mean);
    let count = 0;
    for (let product = this.uniform(); product > floor; product *= this.uniform()) count++;
    return count;
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.uniform() * list.length)] as T;
  }

  weighted(weights: readonly number[]): number {
    let left = this.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
    const index = weights.findIndex((weight) => {
      left -= weight;
      return left < 0;
    });
    return index < 0 ? weights.length - 1 : index;
  }
}

/** Murmur3's finalizer. */
function mix(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** FNV-1a over the UTF-16 units, finalized; labels are few and come again and again. */
function hashOf(text: string): number {
  const known = HASHES.get(text);
  if (known !== undefined) return known;
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = mix(h);
  if (HASHES.size < 1000) HASHES.set(text, h);
  return h;
}

const HASHES = new Map<string, number>();
