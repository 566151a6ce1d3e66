/**
 * The copier of bench:pipeline, a process of its own: every record of transactions-stream into one table, by the bare consumer.
 * First what is in the log, told in a line of JSON (the first PDE_BENCH_SKIP records do not count), then PDE_BENCH_MORE records that
 * are appended afterwards, told in another.
 */
import type pg from 'pg';
import { type Transaction, TransactionSchema } from '../../gen/pde/events/v1/transaction_pb.ts';
import { Topic } from '../../gen/pde/topics/v1/topics_pb.ts';
import { topicOf } from '../../services/platform/topics/topics.ts';
import { stackFrom } from '../../services/stack/stack.ts';
import {
  BARE_DDL,
  type BareRecord,
  bareDecoder,
  bareKafka,
  barePool,
  plainArray,
  startBareStage,
} from './bare-consumer.ts';

type Row = BareRecord<Transaction>;
type Column = readonly [name: string, type: string, get: (row: Row) => unknown];

export interface Copied {
  readonly records: number;
  /** Until the last COMMIT returned: of the log from the fetch after the skipped ones, of what came later from its first append. */
  readonly seconds: number;
}

const TOPIC = topicOf(Topic.TRANSACTIONS_STREAM);

const msOf = (time: { seconds: bigint; nanos: number } | undefined): unknown =>
  time === undefined ? null : time.seconds * 1_000n + BigInt(Math.trunc(time.nanos / 1e6));

/** Every field of the message, and its place in the log, which is the key. */
const COLUMNS: readonly Column[] = [
  ['topic_partition', 'int4', (row) => row.partition],
  ['log_offset', 'int8', (row) => row.offset],
  ['transaction_id', 'text', (row) => row.message.transactionId],
  ['customer_id', 'text', (row) => row.message.customerId],
  ['account_id', 'text', (row) => row.message.accountId],
  ['occurred_ms', 'int8', (row) => msOf(row.message.occurredTime)],
  ['time_precision', 'int4', (row) => row.message.timePrecision],
  ['utc_offset_minutes', 'int4', (row) => row.message.utcOffsetMinutes],
  ['booked_ms', 'int8', (row) => msOf(row.message.bookingTime)],
  ['direction', 'int4', (row) => row.message.direction],
  ['amount_minor', 'int8', (row) => row.message.amountMinor],
  ['currency', 'text', (row) => row.message.currency],
  ['status', 'int4', (row) => row.message.status],
  ['reverses_transaction_id', 'text', (row) => row.message.reversesTransactionId],
  ['channel', 'int4', (row) => row.message.channel],
  ['category', 'int4', (row) => row.message.category],
  ['merchant_id', 'text', (row) => row.message.merchantId],
  ['counterparty_id', 'text', (row) => row.message.counterpartyId],
  ['obligation_id', 'text', (row) => row.message.obligationId],
  ['balance_after_minor', 'int8', (row) => row.message.balanceAfterMinor],
  ['own_transfer', 'bool', (row) => row.message.ownTransfer],
  ['declares', 'text', (row) => row.message.declares.join(' ')],
  ['mode', 'int4', (row) => row.message.mode],
];

const TABLE = `
  CREATE TABLE bench.copied (${COLUMNS.map(([name, type]) => `${name} ${type}`).join(', ')},
    PRIMARY KEY (topic_partition, log_offset))`;

const INSERT = `INSERT INTO bench.copied SELECT * FROM unnest(${COLUMNS.map(([, type], i) => `$${i + 1}::${type}[]`).join(', ')})`;

async function insert(client: pg.PoolClient, rows: readonly Row[]): Promise<void> {
  const values = COLUMNS.map(([, type, get]) => (type === 'text' ? rows.map(get) : plainArray(rows.map(get))));
  await client.query({ name: 'bench.copy', text: INSERT, values });
}

const stack = stackFrom(JSON.parse(process.env.PDE_BENCH_STACK!));
const [skip, more] = [Number(process.env.PDE_BENCH_SKIP), Number(process.env.PDE_BENCH_MORE)];
const kafka = bareKafka(stack);
const pool = barePool(stack);
await pool.query(BARE_DDL);
await pool.query(TABLE);
const admin = kafka.admin();
await admin.connect();
const offsets = await admin.fetchTopicOffsets(TOPIC.name);
await admin.disconnect();
const all = offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);

let copied = 0;
let lastMs = 0;
let logBegan: { readonly atMs: number; readonly records: number } | null = null;
let logTold = false;
let firstAppendMs = Number.POSITIVE_INFINITY;
const { promise: ended, resolve: end } = Promise.withResolvers<void>();

function answer(records: number, sinceMs: number): void {
  const told: Copied = { records, seconds: (lastMs - sinceMs) / 1_000 };
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

const stage = await startBareStage({
  kafka,
  groupId: 'bench-copier',
  topic: TOPIC.name,
  pool,
  decode: await bareDecoder(stack.registry.url, TOPIC, TransactionSchema),
  insert,
  onFetch() {
    if (copied >= skip) logBegan ??= { atMs: Date.now(), records: copied };
    if (logTold || logBegan === null || copied < all) return;
    logTold = true;
    answer(copied - logBegan.records, logBegan.atMs);
  },
  onCommitted(records) {
    copied += records.length;
    lastMs = Date.now();
    if (copied > all) firstAppendMs = Math.min(firstAppendMs, records[0]!.appendMs);
    if (copied < all + more) return;
    answer(more, firstAppendMs);
    end();
  },
});
await ended;
await stage.stop();
await pool.end();
