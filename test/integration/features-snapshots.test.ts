import { afterAll, beforeAll, expect, it } from 'vitest';
import { FEATURE_SET_VERSION } from '../../services/domain/features/catalogue.ts';
import { encodeWindow } from '../../services/domain/features/snapshot.ts';
import { windowFromLedger } from '../../services/domain/features/window.ts';
import { ensureLedgerMonths } from '../../services/features/store/ensure-ledger-months.ts';
import { insertLedger, type LedgerEntry } from '../../services/features/store/insert-ledger.ts';
import { loadCustomers } from '../../services/features/store/load-customers.ts';
import { moveCustomers } from '../../services/features/store/move-customers.ts';
import { saveSnapshots } from '../../services/features/store/save-snapshots.ts';
import { migrate } from '../../services/platform/postgres/migrate.ts';
import { createPool, type Pool } from '../../services/platform/postgres/pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testStack } from '../support/stack.ts';

const DIRECTORY = new URL('../../services/features/store/migrations', import.meta.url).pathname;
const ARRIVAL_MS = Date.UTC(2026, 4, 1);

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase(testStack().postgres);
  await migrate({ ownerUrl: database.url('pde_features_owner'), schema: 'features', directory: DIRECTORY });
  pool = createPool({ url: database.url('pde_features') });
  await ensureLedgerMonths(pool, ARRIVAL_MS, 1);
});
afterAll(async () => {
  await pool.close();
  await database.drop();
});

const entry = (customerId: string, n: number): LedgerEntry => ({
  customerId,
  ledgerPosition: n,
  row: {
    transactionId: `t${n}`,
    accountId: 'a',
    occurredMs: ARRIVAL_MS + n * 1_000,
    bookedMs: ARRIVAL_MS + n * 1_000,
    utcOffsetMinutes: 0,
    timePrecision: 'second',
    direction: 'debit',
    status: 'settled',
    amountMinor: 100 * n,
    balanceAfterMinor: null,
    channel: 'card',
    category: 'groceries',
    merchantId: null,
    counterpartyId: null,
    obligationId: null,
    reversesTransactionId: null,
    ownTransfer: false,
    declares: 0,
  },
  mode: 'live',
  contentSha256: '00'.repeat(32),
  arrivalMs: ARRIVAL_MS,
  learnedMs: ARRIVAL_MS,
  topicPartition: 0,
  logOffset: BigInt(n),
  triggered: null,
});

async function append(entries: readonly LedgerEntry[], fromRows: number): Promise<void> {
  const { customerId, mode, row } = entries.at(-1)!;
  const facts = { customerId, currency: 'EUR', topicPartition: 0, latestOccurredMs: row.occurredMs, mode };
  await pool.transaction(async (tx) => {
    await insertLedger(tx, entries);
    await moveCustomers(tx, [{ ...facts, fromRows, toRows: fromRows + entries.length }]);
  });
}

it('a snapshot of rows that a crash of the database took back is no help, and no harm', async () => {
  const rows = [1, 2, 3].map((n) => entry('c', n));
  const content = encodeWindow(
    windowFromLedger(
      'EUR',
      rows.map(({ row }) => row),
    ),
  );
  await saveSnapshots(pool, [{ customerId: 'c', position: 3, content }], FEATURE_SET_VERSION);
  const load = async () => (await loadCustomers(pool, ['c'], FEATURE_SET_VERSION)).get('c');

  await append(rows.slice(0, 2), 0);
  expect(await load()).toMatchObject({
    ledgerRows: 2,
    snapshot: null,
    tail: [{ transactionId: 't1' }, { transactionId: 't2' }],
  });

  await append(rows.slice(2), 2);
  expect(await load()).toMatchObject({ ledgerRows: 3, snapshot: { position: 3 }, tail: [] });
});
