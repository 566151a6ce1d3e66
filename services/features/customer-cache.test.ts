import { expect, it } from 'vitest';
import { createCustomerCache } from './customer-cache.ts';
import type { CustomerState } from './customer-state.ts';

const PER_ENTRY = 400 + 100;

function cacheOf(entries: number) {
  return createCustomerCache(entries * PER_ENTRY, () => 100);
}

function state(customerId: string): CustomerState {
  return { customerId } as CustomerState;
}

it('a customer that was taken and not put back is forgotten', () => {
  const cache = cacheOf(10);
  cache.put(state('a'), 0, 1n);
  expect(cache.take('a', 1n)).toMatchObject({ customerId: 'a' });
  expect(cache.take('a', 1n)).toBeNull();
});

it('what was put under another epoch is a miss, whenever it was put', () => {
  const cache = cacheOf(10);
  cache.drop(0);
  cache.put(state('a'), 0, 1n);
  expect(cache.take('a', 2n)).toBeNull();
  expect(cache.take('a', 1n)).toBeNull();
});

it('the least recently used goes first, and never beyond the bound', () => {
  const cache = cacheOf(2);
  for (const id of ['a', 'b']) cache.put(state(id), 0, 1n);
  cache.put(cache.take('a', 1n)!, 0, 1n);
  cache.put(state('c'), 0, 1n);
  expect(cache.take('b', 1n)).toBeNull();
  expect(cache.stats()).toMatchObject({ customers: 2, bytes: 2 * PER_ENTRY });
});

it('a revoked partition is dropped, and no other', () => {
  const cache = cacheOf(10);
  cache.put(state('a'), 0, 1n);
  cache.put(state('b'), 1, 1n);
  cache.drop(0);
  expect(cache.take('a', 1n)).toBeNull();
  expect(cache.take('b', 1n)).not.toBeNull();
  expect(cache.stats().bytes).toBe(0);
});
