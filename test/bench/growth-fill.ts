/**
 * Makes a bank of any number of customers in the services' own tables: the templates' rows (growth-templates.ts) under other names, by the
 * server itself. Ids of predictions, decisions and offers are random as UUIDv5 is. What is copied is marked as published: its
 * outbox places lie in a shard that no relay reads.
 */
import { availableParallelism } from 'node:os';
import type { Pool } from '../../services/platform/postgres/pool.ts';

/** The name of the k-th copy of a template, k from 1. */
export function copyOf(templateId: string, k: number): string {
  return `${templateId}-${k}`;
}

const COPY = `customer_id || '-' || k`;
const COPIES = `generate_series($1::int, $2::int) AS k`;
const id = (column: string) => `md5(${column}::text || k)::uuid`;
const PARKED_SHARD = 1_000;
/** Places in the parked shard: templates are fewer. */
const place = `k * 100000::int8 + t`;
/** Months of arrival over which the copies' rows lie. */
const MONTHS = 12;

/** Columns of a table but the named ones, which come with what to write there; of all others the template's own. */
type Columns = Readonly<Record<string, string>>;

interface Copied {
  readonly from: string;
  readonly to: string;
  readonly replaced: Columns;
  /** Columns of the table that the server fills, or that are left empty. */
  readonly left?: readonly string[];
  /** A table that it refers to. */
  readonly after?: string;
}

const COPIED: readonly Copied[] = [
  {
    from: 'bench.customers',
    to: 'features.customers',
    replaced: { customer_id: COPY, latest_occurred_ms: 'latest_ms' },
  },
  { from: 'bench.snapshots', to: 'features.window_snapshots', replaced: { customer_id: COPY } },
  {
    from: 'bench.ledger',
    to: 'features.ledger',
    replaced: {
      customer_id: COPY,
      arrival_time: `arrival_time - (k % ${MONTHS}) * interval '1 month'`,
      prediction_id: id('prediction_id'),
    },
  },
  { from: 'bench.ids', to: 'features.transaction_ids', replaced: { customer_id: COPY } },
  { from: 'bench.profiles', to: 'features.profiles', replaced: { customer_id: COPY } },
  {
    from: 'bench.predictions',
    to: 'scoring.predictions',
    replaced: {
      prediction_id: id('prediction_id'),
      customer_id: COPY,
      shard: `${PARKED_SHARD}`,
      outbox_position: place,
    },
  },
  {
    from: 'bench.latest_scores',
    to: 'scoring.latest_scores',
    replaced: { customer_id: COPY, prediction_id: id('prediction_id') },
  },
  {
    from: 'bench.decisions',
    to: 'interventions.decisions',
    replaced: { decision_id: id('decision_id'), prediction_id: id('prediction_id'), customer_id: COPY },
    left: ['decision_number'],
  },
  {
    from: 'bench.decisions',
    to: 'interventions.customers',
    replaced: { customer_id: COPY, last_decided_time: 'decided_time', latest_risk_level: 'risk_level' },
  },
  {
    from: 'bench.offers',
    to: 'interventions.offers',
    replaced: {
      intervention_id: id('intervention_id'),
      decision_id: id('decision_id'),
      customer_id: COPY,
      shard: `${PARKED_SHARD}`,
      position: place,
    },
    left: ['escalates'],
    after: 'interventions.decisions',
  },
  { from: 'bench.contact_profiles', to: 'interventions.profiles', replaced: { customer_id: COPY } },
];

/** Adds the copies `from` to `to` of every template, and leaves all as after a while of running: vacuumed, analysed, and on disk. */
export async function addCopies(admin: Pool, from: number, to: number): Promise<void> {
  await admin.query(`SELECT features.make_ledger_months(now() - interval '${MONTHS} months', ${MONTHS + 1})`);
  await withoutCheckpoints(admin, async () => {
    await inTurn(
      COPIED.filter(({ after }) => after === undefined),
      (copied) => copy(admin, copied, from, to),
    );
    await inTurn(
      COPIED.filter(({ after }) => after !== undefined),
      (copied) => copy(admin, copied, from, to),
    );
  });
  await admin.query('CHECKPOINT');
}

async function copy(admin: Pool, copied: Copied, from: number, to: number): Promise<void> {
  await admin.query(await statementOf(admin, copied), [from, to]);
  await admin.query(`VACUUM (ANALYZE) ${copied.to}`);
}

/** As many at once as there are processors. */
async function inTurn<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...all];
  const worker = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

/** While the tables are filled, and only then, the server may write more than it does by itself between two checkpoints. */
async function withoutCheckpoints(admin: Pool, work: () => Promise<void>): Promise<void> {
  await admin.query("ALTER SYSTEM SET max_wal_size = '32GB'");
  await admin.query('SELECT pg_reload_conf()');
  try {
    await work();
  } finally {
    await admin.query('ALTER SYSTEM RESET max_wal_size');
    await admin.query('SELECT pg_reload_conf()');
  }
}

async function statementOf(admin: Pool, { from, to, replaced, left = [] }: Copied): Promise<string> {
  const { rows } = await admin.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped
     ORDER BY attnum`,
    [to],
  );
  const names = rows.map(({ name }) => name).filter((name) => !left.includes(name));
  const values = names.map((name) => replaced[name] ?? name);
  return `INSERT INTO ${to} (${names.join(', ')}) SELECT ${values.join(', ')} FROM ${from}, ${COPIES}`;
}

/** Bytes of all tables with their indexes. */
export async function storedBytes(admin: Pool): Promise<number> {
  const { rows } = await admin.query<{ bytes: number }>('SELECT pg_database_size(current_database())::float8 AS bytes');
  return rows[0]!.bytes;
}
