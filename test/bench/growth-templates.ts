/**
 * The customers that bench:growth multiplies: real ones, whom the engine has just processed. Of each the schema `bench` keeps what the
 * services stored of it up to a cut, and this process the transactions behind the cut: they are sent again, as their copies' own.
 *
 * A copy has what is left of a customer whose older months were dropped: a snapshot of the window, the last rows of the ledger
 * behind it, their identities, a profile, a prediction with its decision and offer.
 */
import type { LedgerRow } from '../../services/domain/bank/transaction.ts';
import { FEATURE_SET_VERSION } from '../../services/domain/features/catalogue.ts';
import { isReversal } from '../../services/domain/features/records.ts';
import { decodeWindow, encodeWindow } from '../../services/domain/features/snapshot.ts';
import { appendRow, observe, windowFromLedger } from '../../services/domain/features/window.ts';
import { readKept } from '../../services/features/store/read-kept.ts';
import { saveSnapshots } from '../../services/features/store/save-snapshots.ts';
import type { Pool } from '../../services/platform/postgres/pool.ts';

/** Rows in a copy's ledger, behind its snapshot. */
export const TAIL_ROWS = 3;
/** Transactions of a copy that are left to send. */
export const ROWS_TO_SEND = 2;
const LEAST_ROWS = 10;
const BEHIND = TAIL_ROWS + ROWS_TO_SEND;

export interface Template {
  /** The customer's id. */
  readonly customerId: string;
  readonly currency: string;
  /** Transactions behind the cut, in order. */
  readonly rows: readonly LedgerRow[];
}

/** Takes up to `count` customers out of what the engine stored. */
export async function takeTemplates(db: Pool, count: number): Promise<readonly Template[]> {
  const { rows: customers } = await db.query<{ customer_id: string; currency: string }>(
    'SELECT customer_id, currency FROM features.customers WHERE ledger_rows >= $1::int8 ORDER BY customer_id',
    [LEAST_ROWS + BEHIND],
  );
  const templates: Template[] = [];
  const cuts: Cut[] = [];
  for (const { customer_id: customerId, currency } of customers) {
    if (templates.length === count) break;
    const { rows: ledger } = await readKept(db, customerId);
    const content = windowBefore(currency, ledger);
    if (content === null) continue;
    const position = ledger.length - BEHIND;
    const kept = ledger.slice(0, position + TAIL_ROWS);
    const latestMs = kept.reduce((latest, row) => Math.max(latest, row.occurredMs), 0);
    cuts.push({ customerId, position, latestMs, content });
    templates.push({ customerId, currency, rows: ledger.slice(-ROWS_TO_SEND) });
  }
  await storeCuts(db, cuts);
  return templates;
}

interface Cut {
  readonly customerId: string;
  /** Of the snapshot. */
  readonly position: number;
  readonly latestMs: number;
  readonly content: Uint8Array;
}

/** The window behind which the last rows lie, as its snapshot; null where one of them would need the rows before it again. */
function windowBefore(currency: string, ledger: readonly LedgerRow[]): Uint8Array | null {
  const content = encodeWindow(windowFromLedger(currency, ledger.slice(0, -BEHIND)));
  const window = decodeWindow(content)!;
  for (const row of ledger.slice(-BEHIND)) {
    if (isReversal(row) || appendRow(window, row).kind !== 'appended') return null;
    if (observe(window, null, row.occurredMs) === null) return null;
  }
  return content;
}

async function storeCuts(db: Pool, cuts: readonly Cut[]): Promise<void> {
  await db.query('DELETE FROM features.window_snapshots');
  const snapshots = cuts.map(({ customerId, position, content }) => ({ customerId, position, content }));
  await saveSnapshots(db, snapshots, FEATURE_SET_VERSION);
  for (const statement of TABLES) await db.query(statement, statement.includes('$1') ? cutArrays(cuts) : []);
}

function cutArrays(cuts: readonly Cut[]): unknown[] {
  return [cuts.map((cut) => cut.customerId), cuts.map((cut) => cut.position), cuts.map((cut) => cut.latestMs)];
}

/** Rows as the services wrote them, by template; `t` numbers the templates. */
const TABLES = [
  'CREATE SCHEMA bench',
  `CREATE TABLE bench.cuts AS
   SELECT t::int, customer_id, position::int8, latest_ms::int8
   FROM unnest($1::text[], $2::int8[], $3::int8[]) WITH ORDINALITY AS c (customer_id, position, latest_ms, t)`,
  'CREATE TABLE bench.snapshots AS SELECT s.* FROM features.window_snapshots s JOIN bench.cuts c USING (customer_id)',
  `CREATE TABLE bench.ledger AS
   SELECT l.* FROM features.ledger l JOIN bench.cuts c USING (customer_id)
   WHERE l.ledger_position > c.position AND l.ledger_position <= c.position + ${TAIL_ROWS}`,
  `CREATE TABLE bench.ids AS
   SELECT i.* FROM features.transaction_ids i JOIN bench.cuts c USING (customer_id)
   WHERE i.ledger_position > c.position AND i.ledger_position <= c.position + ${TAIL_ROWS}`,
  `CREATE TABLE bench.customers AS
   SELECT f.customer_id, f.currency, c.position + ${TAIL_ROWS} AS ledger_rows, f.topic_partition, c.latest_ms, f.mode
   FROM features.customers f JOIN bench.cuts c USING (customer_id)`,
  'CREATE TABLE bench.profiles AS SELECT p.* FROM features.profiles p JOIN bench.cuts c USING (customer_id)',
  `CREATE TABLE bench.predictions AS
   SELECT DISTINCT ON (p.customer_id) p.*, c.t FROM scoring.predictions p JOIN bench.cuts c USING (customer_id)
   WHERE p.kind = 'transaction' AND p.ledger_position <= c.position + ${TAIL_ROWS}
   ORDER BY p.customer_id, p.ledger_position DESC`,
  `CREATE TABLE bench.latest_scores AS
   SELECT p.customer_id, p.prediction_id, p.observation_time, p.ledger_position, p.probability,
     array_position('{LOW,MEDIUM,HIGH,CRITICAL}'::text[], p.risk_level) - 1 AS risk_rank
   FROM bench.predictions p`,
  `CREATE TABLE bench.decisions AS
   SELECT d.* FROM interventions.decisions d JOIN bench.predictions p USING (prediction_id)`,
  `CREATE TABLE bench.offers AS
   SELECT o.*, p.t FROM interventions.offers o JOIN bench.decisions d USING (decision_id)
   JOIN bench.predictions p USING (prediction_id)`,
  'CREATE TABLE bench.contact_profiles AS SELECT p.* FROM interventions.profiles p JOIN bench.cuts c USING (customer_id)',
  'ANALYZE',
];
