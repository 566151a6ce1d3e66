-- Where the service stands in transactions-stream, its dead letters, and their way to the dead-letters topic. The tables are the
-- platform's: POSITIONS_DDL, OUTBOX_DDL and DEAD_LETTERS_DDL.

create table features.consumer_positions (
  consumer_group text not null,
  topic text not null,
  partition int not null,
  -- Raised by every claim; a move under an older one is another owner's and is refused.
  epoch bigint not null,
  -- Where processing began; null until then.
  first_offset bigint,
  next_offset bigint,
  accepted bigint not null default 0,
  duplicates bigint not null default 0,
  dead_letters bigint not null default 0,
  primary key (consumer_group, topic, partition)
) with (fillfactor = 50);

create table features.outbox_shards (
  outbox text not null,
  shard int not null,
  -- Position of the last row stored; locked by a writer until it commits.
  last_position bigint not null,
  primary key (outbox, shard)
) with (fillfactor = 50);

create table features.outbox_cursors (
  outbox text not null,
  shard int not null,
  -- Position up to which the broker acknowledged.
  published_position bigint not null default 0,
  -- Who publishes, until when; each taking raises the epoch.
  lease_owner text,
  lease_epoch bigint not null default 0,
  lease_expires_at timestamptz not null default '-infinity',
  primary key (outbox, shard)
) with (fillfactor = 50);

create table features.dead_letters (
  topic text not null,
  partition int not null,
  log_offset bigint not null,
  dead_letter_id uuid not null unique,
  -- Number of pde.events.v1.DeadLetter.Reason.
  reason int not null,
  detail text not null,
  attempts int not null,
  append_time timestamptz not null,
  original_key bytea,
  original_value bytea,
  recorded_time timestamptz not null default now(),
  replay_time timestamptz,
  -- Place in the outbox to the dead-letters topic, shard 0.
  position bigint not null unique,
  primary key (topic, partition, log_offset)
);

grant select, insert, update on
  features.consumer_positions, features.outbox_shards, features.outbox_cursors, features.dead_letters
  to pde_features;
