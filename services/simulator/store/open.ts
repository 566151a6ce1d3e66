import { createPool, type Pool } from '../../platform/postgres/pool.ts';

/** Opens the bank's tables. Imports are one transaction with long statements; nothing here serves requests. */
export function openBank(url: string): Pool {
  return createPool({
    url,
    applicationName: 'pde-simulator',
    max: 3,
    statementTimeoutMs: 600_000,
    idleInTransactionTimeoutMs: 120_000,
  });
}
