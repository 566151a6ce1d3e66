-- Profiles are versions, never overwritten. Only what a contact decision reads is kept: no obligations, no amounts.
CREATE TABLE interventions.profiles (
  customer_id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  effective_time timestamptz NOT NULL,
  -- Of the whole snapshot, so that the same version with other content is told from a repeat.
  content_sha256 bytea NOT NULL,
  -- Null: not told.
  time_zone text,
  standing text NOT NULL,
  -- [{channel, granted, recorded_ms}]
  consents json NOT NULL,
  -- When and where in its partition the broker appended the record that told it.
  append_time timestamptz NOT NULL,
  log_offset bigint NOT NULL,
  recorded_time timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (customer_id, version)
);

-- The bank said to stop (a tombstone). It holds until the broker appends a version that was not told before.
CREATE TABLE interventions.profile_stops (
  customer_id text COLLATE "C" NOT NULL,
  append_time timestamptz NOT NULL,
  log_offset bigint NOT NULL,
  recorded_time timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (customer_id, append_time, log_offset)
);

-- How far customer-updates is stored, whichever instance read it.
CREATE TABLE interventions.profile_positions (
  topic text NOT NULL,
  partition int NOT NULL,
  next_offset bigint NOT NULL,
  PRIMARY KEY (topic, partition)
);

GRANT SELECT, INSERT, UPDATE ON interventions.profile_positions TO pde_interventions;
GRANT SELECT, INSERT ON interventions.profiles, interventions.profile_stops TO pde_interventions;
