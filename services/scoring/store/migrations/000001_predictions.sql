-- Scores. predictions is append-only (the run-time role can insert and read, not change) and is its own outbox (I5).

CREATE TABLE scoring.predictions (
  prediction_id uuid PRIMARY KEY,
  customer_id text NOT NULL,
  -- transaction: a triggered transaction; request: a caller, about now; past: a caller, about a time it named, never published.
  kind text NOT NULL CHECK (kind IN ('transaction', 'request', 'past')),
  transaction_id text CHECK ((kind = 'transaction') = (transaction_id IS NOT NULL)),
  observation_time timestamptz NOT NULL,
  ledger_position bigint NOT NULL CHECK (ledger_position >= 1),
  profile_version bigint NOT NULL CHECK (profile_version >= 0),
  feature_set_version text NOT NULL,
  -- float64, little endian, in the order of the catalogue; NaN is unknown
  features bytea NOT NULL,
  contributions bytea NOT NULL,
  vector_sha256 bytea NOT NULL,
  features_known int NOT NULL,
  features_total int NOT NULL,
  base_value float8 NOT NULL,
  margin float8 NOT NULL,
  probability float8 NOT NULL CHECK (probability > 0 AND probability < 1),
  horizon_days int NOT NULL,
  risk_score float8 NOT NULL CHECK (risk_score >= 0 AND risk_score <= 1),
  risk_level text NOT NULL CHECK (risk_level IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
  eligibility text NOT NULL,
  mode text NOT NULL CHECK (mode IN ('live', 'replay')),
  model_name text NOT NULL,
  model_version text NOT NULL,
  model_sha256 bytea NOT NULL,
  scoring_policy_version text NOT NULL,
  action_probability float8 NOT NULL,
  top_feature_1 text,
  top_feature_1_impact float8,
  top_feature_2 text,
  top_feature_2_impact float8,
  top_feature_3 text,
  top_feature_3_impact float8,
  shard int CHECK ((kind = 'past') = (shard IS NULL)),
  outbox_position bigint CHECK ((kind = 'past') = (outbox_position IS NULL)),
  -- Wall clock: these two columns differ between runs of a replay, and no other does.
  scheduled_send_time timestamptz,
  stored_time timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN scoring.predictions.scheduled_send_time IS 'wall clock: left out when two runs of a replay are compared';
COMMENT ON COLUMN scoring.predictions.stored_time IS 'wall clock: left out when two runs of a replay are compared';
-- Large columns stay out of the way of what a scan reads.
ALTER TABLE scoring.predictions ALTER COLUMN features SET STORAGE PLAIN, ALTER COLUMN contributions SET STORAGE PLAIN;

CREATE UNIQUE INDEX predictions_outbox ON scoring.predictions (shard, outbox_position) WHERE outbox_position IS NOT NULL;
CREATE INDEX predictions_customer ON scoring.predictions (customer_id, observation_time, ledger_position);

CREATE INDEX predictions_asked ON scoring.predictions (kind) WHERE kind <> 'transaction';

-- Positions and cursors of the outbox (services/platform/outbox).
CREATE TABLE scoring.outbox_shards (
  outbox text NOT NULL,
  shard int NOT NULL,
  -- Position of the last row stored; locked by a writer until it commits.
  last_position bigint NOT NULL,
  PRIMARY KEY (outbox, shard)
) WITH (fillfactor = 50);
CREATE TABLE scoring.outbox_cursors (
  outbox text NOT NULL,
  shard int NOT NULL,
  -- Position up to which the broker acknowledged.
  published_position bigint NOT NULL DEFAULT 0,
  -- Who publishes, until when; each taking raises the epoch.
  lease_owner text,
  lease_epoch bigint NOT NULL DEFAULT 0,
  lease_expires_at timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (outbox, shard)
) WITH (fillfactor = 50);

-- What outsiders rely on: at one time, the score that saw most of the ledger.
CREATE VIEW scoring.risk_scores AS
SELECT DISTINCT ON (customer_id, observation_time)
  customer_id,
  observation_time AS score_date,
  risk_score,
  risk_level,
  model_version,
  top_feature_1,
  top_feature_1_impact,
  top_feature_2,
  top_feature_2_impact,
  top_feature_3,
  top_feature_3_impact,
  probability,
  eligibility,
  ledger_position,
  prediction_id
FROM scoring.predictions
WHERE kind <> 'past'
ORDER BY customer_id, observation_time, ledger_position DESC, outbox_position DESC;

-- The latest score of each customer, for the worklist; derived, may be rebuilt from predictions.
CREATE TABLE scoring.latest_scores (
  customer_id text PRIMARY KEY,
  prediction_id uuid NOT NULL,
  observation_time timestamptz NOT NULL,
  ledger_position bigint NOT NULL,
  probability float8 NOT NULL,
  risk_rank int NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX latest_scores_worklist ON scoring.latest_scores (probability DESC, customer_id) WHERE risk_rank > 0;

-- Vectors whose explanation and margin disagree (I7): kept with the reason, never acted on.
CREATE TABLE scoring.refused (
  prediction_id uuid PRIMARY KEY,
  customer_id text NOT NULL,
  transaction_id text,
  observation_time timestamptz NOT NULL,
  ledger_position bigint NOT NULL,
  profile_version bigint NOT NULL,
  feature_set_version text NOT NULL,
  features bytea NOT NULL,
  contributions bytea NOT NULL,
  vector_sha256 bytea NOT NULL,
  base_value float8 NOT NULL,
  margin float8 NOT NULL,
  model_name text NOT NULL,
  model_version text NOT NULL,
  model_sha256 bytea NOT NULL,
  reason text NOT NULL,
  stored_time timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What a caller's idempotency key was used for, so that a repeat is answered with the same score.
CREATE TABLE scoring.requests (
  caller_id text NOT NULL,
  idempotency_key text NOT NULL,
  customer_id text NOT NULL,
  -- as asked; null: now
  observation_time timestamptz,
  prediction_id uuid NOT NULL,
  stored_time timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (caller_id, idempotency_key)
);

GRANT USAGE ON SCHEMA scoring TO pde_scoring;
GRANT SELECT, INSERT ON scoring.predictions, scoring.refused, scoring.requests TO pde_scoring;
GRANT SELECT, INSERT, UPDATE ON scoring.latest_scores, scoring.outbox_shards, scoring.outbox_cursors TO pde_scoring;
GRANT SELECT ON scoring.risk_scores TO pde_scoring;
