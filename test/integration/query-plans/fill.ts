/** Tables with enough rows that reading one whole is plainly the wrong plan: made by the server, in a few seconds. */
import { createPool } from '../../../services/platform/postgres/pool.ts';

export const CUSTOMERS = 50_000;
export const ARRIVAL_MS = Date.UTC(2026, 0, 10);

/** The n-th customer, from 1. */
export function customer(n: number): string {
  return `c${String(n).padStart(7, '0')}`;
}

/** The n-th id of a kind, as SQL's md5 makes it below. */
export const idSql = (kind: string, n: string) => `md5('${kind}' || ${n})::uuid`;

const name = (n: string) => `'c' || lpad((${n})::text, 7, '0')`;
const all = (count = CUSTOMERS) => `generate_series(1, ${count}) AS n`;
const time = `timestamptz '2026-01-10 00:00:00+00'`;

const FEATURES = [
  `SELECT features.make_ledger_months(${time}, 3)`,
  `INSERT INTO features.customers SELECT ${name('n')}, 'EUR', 3, n % 3, 1767000000000, 'live' FROM ${all()}`,
  `INSERT INTO features.ledger (customer_id, ledger_position, arrival_time, learned_ms, mode, topic_partition, log_offset,
     transaction_id, account_id, occurred_ms, booked_ms, utc_offset_minutes, time_precision, direction, status, amount_minor,
     channel, category, own_transfer, declares)
   SELECT ${name('n')}, p, ${time} + (p - 1) * interval '1 month', 1767000000000, 'live', n % 3, n, 't' || p, 'a', 1767000000000,
     1767000000000, 0, 'second', 'debit', 'settled', 100, 'card', 'groceries', false, 0
   FROM ${all()}, generate_series(1, 3) AS p`,
  `INSERT INTO features.transaction_ids SELECT ${name('n')}, 't' || p, sha256(n::text::bytea), p,
     CASE WHEN p = 3 AND n % 50 = 0 THEN 't1' END FROM ${all()}, generate_series(1, 3) AS p`,
  `INSERT INTO features.window_snapshots SELECT ${name('n')}, 1, 'other', sha256(n::text::bytea) FROM ${all()}`,
  `INSERT INTO features.ledger_bases SELECT ${name('n')}, 1, 0, 0, sha256(n::text::bytea) FROM ${all()}`,
  `INSERT INTO features.profiles SELECT ${name('n')}, v, 1767000000000, 1767000000000, 'live', '{}', sha256(n::text::bytea), 0
   FROM ${all()}, generate_series(1, 2) AS v`,
  `INSERT INTO features.profile_stops SELECT ${name('n')}, 1767000000000 FROM ${all()}`,
];

/** Dead letters of one reason, and few of another at the beginning. */
const deadLetters = (schema: string) => [
  `INSERT INTO ${schema}.dead_letters (topic, partition, log_offset, dead_letter_id, reason, detail, attempts, append_time, position)
   SELECT 'transactions-stream', n % 3, n, ${idSql('dead', 'n')}, CASE WHEN n <= 20 THEN 9 ELSE 3 END, 'd', 1, ${time}, n
   FROM ${all(50_000)}`,
  `INSERT INTO ${schema}.outbox_shards VALUES ('dead-letters', 0, 50000)`,
];

const ZEROS = `decode(repeat('00', 400), 'hex')`;

const SCORING = [
  `INSERT INTO scoring.predictions (prediction_id, customer_id, kind, transaction_id, observation_time, ledger_position,
     profile_version, feature_set_version, features, contributions, vector_sha256, features_known, features_total, base_value,
     margin, probability, horizon_days, risk_score, risk_level, eligibility, mode, model_name, model_version, model_sha256,
     scoring_policy_version, action_probability, shard, outbox_position)
   SELECT ${idSql('p', 'n')}, ${name('n')}, CASE WHEN n % 500 = 0 THEN 'request' ELSE 'transaction' END,
     CASE WHEN n % 500 <> 0 THEN 't1' END, ${time}, 1, 1, 'set', ${ZEROS}, ${ZEROS}, sha256('x'), 50, 50, 0, 0,
     (n % 1000 + 1) / 1002.0, 45, 0.5, 'HIGH', 'eligible', 'live', 'm', '1', sha256('m'), '1', 0.1, n % 3, n / 3 + 1
   FROM ${all()}`,
  `INSERT INTO scoring.latest_scores SELECT ${name('n')}, ${idSql('p', 'n')}, ${time}, 1, (n % 1000 + 1) / 1002.0,
     CASE WHEN n % 1000 > 990 THEN n % 4 ELSE 0 END FROM ${all()}`,
  `INSERT INTO scoring.requests (caller_id, idempotency_key, customer_id, prediction_id)
   SELECT 'caller', 'key-' || n, ${name('n')}, ${idSql('p', 'n')} FROM ${all()}`,
  `INSERT INTO scoring.refused (prediction_id, customer_id, transaction_id, observation_time, ledger_position, profile_version,
     feature_set_version, features, contributions, vector_sha256, base_value, margin, model_name, model_version, model_sha256, reason)
   SELECT ${idSql('r', 'n')}, ${name('n')}, 't1', ${time}, 1, 1, 'set', '', '', '', 0, 0, 'm', '1', '', 'r' FROM ${all(1_000)}`,
  `INSERT INTO scoring.outbox_shards SELECT 'predictions', s, 17000 FROM generate_series(0, 2) AS s`,
];

const PERSONAL = `'{"probability":0.1,"horizon_days":45,"risk_score":0.5,"top_features":[],"message":"m"}'`;

const INTERVENTIONS = [
  `INSERT INTO interventions.customers SELECT ${name('n')}, ${time}, 'HIGH' FROM ${all()}`,
  `INSERT INTO interventions.decisions (decision_id, prediction_id, customer_id, mode, observation_time, decided_time, risk_level,
     eligibility, model_version, policy_version, personal)
   SELECT ${idSql('d', 'n')}, ${idSql('p', 'n')}, ${name('n')}, 'live', ${time}, ${time}, 'HIGH', 'eligible', '1', '1', ${PERSONAL}
   FROM ${all()}`,
  `INSERT INTO interventions.offers SELECT ${idSql('i', 'n')}, ${idSql('d', 'n')}, ${name('n')}, n % 3, n / 3 + 1, 'HIGH',
     'proactive_support', 'sms', 2, ${time}, ${time} + interval '30 days' FROM ${all()}`,
  `INSERT INTO interventions.outcomes (intervention_id, outcome, recorded_by)
   SELECT ${idSql('i', 'n')}, 'helped', 'o' FROM ${all()}`,
  `INSERT INTO interventions.dashboard_rows SELECT n % 3, n / 3 + 1, ${idSql('d', 'n')} FROM ${all()}`,
  `INSERT INTO interventions.profiles (customer_id, version, effective_time, content_sha256, time_zone, standing, consents,
     append_time, log_offset)
   SELECT ${name('n')}, v, ${time}, sha256('x'), 'Europe/Prague', 'open', '[]', ${time}, n FROM ${all()}, generate_series(1, 2) AS v`,
  `INSERT INTO interventions.profile_stops (customer_id, append_time, log_offset)
   SELECT ${name('n')}, ${time}, n FROM ${all()}`,
  `INSERT INTO interventions.decision_counts SELECT s, l, 'x', true, 100, ${time}
   FROM generate_series(0, 2) AS s, unnest('{LOW,MEDIUM,HIGH,CRITICAL}'::text[]) AS l`,
  `INSERT INTO interventions.outbox_shards SELECT o, s, 17000 FROM generate_series(0, 2) AS s, unnest('{offers,dashboard}'::text[]) AS o`,
];

/**
 * Fills every table that grows. Statistics are the planner's defaults until analyze() is called: the server's own analysis is
 * turned off, so that both states can be looked at.
 */
export async function fill(adminUrl: string): Promise<void> {
  const admin = createPool({ url: adminUrl, max: 3, statementTimeoutMs: 240_000 });
  try {
    await admin.query(
      `DO $$ DECLARE t regclass; BEGIN
         FOR t IN SELECT c.oid FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
           WHERE c.relkind = 'r' AND s.nspname IN ('features', 'scoring', 'interventions') LOOP
           EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', t);
         END LOOP; END $$`,
    );
    const schemas = [
      [...FEATURES, ...deadLetters('features')],
      SCORING,
      [...INTERVENTIONS, ...deadLetters('interventions')],
    ];
    await Promise.all(
      schemas.map((statements) =>
        admin.transaction(async (tx) => {
          for (const statement of statements) await tx.query(statement);
        }),
      ),
    );
  } finally {
    await admin.close();
  }
}

export async function analyze(adminUrl: string): Promise<void> {
  const admin = createPool({ url: adminUrl, max: 1, statementTimeoutMs: 240_000 });
  try {
    await admin.query('ANALYZE');
  } finally {
    await admin.close();
  }
}

/** Tables with at least so many rows, by counting. */
export async function largeTables(adminUrl: string, rows: number): Promise<ReadonlySet<string>> {
  const admin = createPool({ url: adminUrl, max: 1 });
  try {
    const { rows: found } = await admin.query<{ name: string }>(
      `SELECT relname AS name FROM pg_stat_user_tables WHERE n_live_tup >= $1::int8`,
      [rows],
    );
    return new Set(found.map((table) => table.name));
  } finally {
    await admin.close();
  }
}
