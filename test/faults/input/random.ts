/** Seeded choices: the same seed gives the same corpus. */
export interface Random {
  /** From 0 to below 1. */
  next(): number;
  /** A whole number from min to max, both inclusive. */
  int(min: number, max: number): number;
  pick<T>(values: readonly T[]): T;
  bytes(length: number): Buffer;
}

/** Source: T. Ettinger's mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    int,
    pick: (values) => values[int(0, values.length - 1)]!,
    bytes: (length) => Buffer.from(Array.from({ length }, () => int(0, 255))),
  };
}
