-- Where the service stands in its streams: what it consumes (I3), what it publishes (I5), and what it could not process.

CREATE TABLE interventions.consumer_positions (
  consumer_group text NOT NULL,
  topic text NOT NULL,
  partition int NOT NULL,
  -- Raised by every claim; a move under an older one is another owner's and is refused.
  epoch bigint NOT NULL,
  -- Where processing began; null until then.
  first_offset bigint,
  next_offset bigint,
  accepted bigint NOT NULL DEFAULT 0,
  duplicates bigint NOT NULL DEFAULT 0,
  dead_letters bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (consumer_group, topic, partition)
);

CREATE TABLE interventions.outbox_shards (
  outbox text NOT NULL,
  shard int NOT NULL,
  -- Position of the last row stored; locked by a writer until it commits.
  last_position bigint NOT NULL,
  PRIMARY KEY (outbox, shard)
) WITH (fillfactor = 50);

CREATE TABLE interventions.outbox_cursors (
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

CREATE TABLE interventions.dead_letters (
  topic text NOT NULL,
  partition int NOT NULL,
  log_offset bigint NOT NULL,
  dead_letter_id uuid NOT NULL UNIQUE,
  -- Number of pde.events.v1.DeadLetter.Reason.
  reason int NOT NULL,
  detail text NOT NULL,
  attempts int NOT NULL,
  append_time timestamptz NOT NULL,
  original_key bytea,
  original_value bytea,
  recorded_time timestamptz NOT NULL DEFAULT now(),
  replay_time timestamptz,
  -- Place in the outbox to the dead-letters topic, shard 0.
  position bigint NOT NULL UNIQUE,
  PRIMARY KEY (topic, partition, log_offset)
);

GRANT SELECT, INSERT, UPDATE ON interventions.consumer_positions, interventions.outbox_shards, interventions.outbox_cursors
  TO pde_interventions;
-- Of a dead letter only that it was replayed may change.
GRANT SELECT, INSERT, UPDATE (replay_time) ON interventions.dead_letters TO pde_interventions;
