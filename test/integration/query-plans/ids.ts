/** Customers and ids that fill.ts made, as a batch asks for them: spread over the whole table. */
import { createHash } from 'node:crypto';
import { CUSTOMERS, customer } from './fill.ts';

/** The n-th id of a kind, as md5(kind || n)::uuid. */
export function idOf(kind: string, n: number): string {
  const hex = createHash('md5').update(`${kind}${n}`).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const BATCH = 100;
const STEP = CUSTOMERS / BATCH;

/** Numbers from all over the table. */
export const SPREAD: readonly number[] = Array.from({ length: BATCH }, (_, i) => i * STEP + 1);

export const CUSTOMER_IDS: readonly string[] = SPREAD.map(customer);

export const DIGEST = '00'.repeat(32);
