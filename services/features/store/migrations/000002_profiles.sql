-- Profiles are versions, never overwritten, and Postgres is where they are kept: the topic is compacted.

create table features.profiles (
  customer_id text collate "C" not null,
  version bigint not null check (version >= 1),
  -- Milliseconds since the epoch: from when it holds, and when it was known (append time LIVE, effective time REPLAY).
  effective_ms bigint not null,
  learned_ms bigint not null,
  mode text not null check (mode in ('live', 'replay')),
  content jsonb not null,
  content_sha256 bytea not null check (octet_length(content_sha256) = 32),
  append_ms bigint not null,
  primary key (customer_id, version)
);

-- When a customer was stopped by a tombstone: records appended from from_ms on and before until_ms trigger nothing.
-- A snapshot that is appended after the tombstone ends the stop.
create table features.profile_stops (
  customer_id text collate "C" not null,
  from_ms bigint not null,
  until_ms bigint,
  primary key (customer_id, from_ms)
);

-- How far customer-updates is stored, whichever instance read it.
create table features.profile_positions (
  topic text not null,
  partition integer not null,
  next_offset bigint not null,
  primary key (topic, partition)
);

grant select, insert on features.profiles to pde_features;
grant select, insert, update on features.profile_stops, features.profile_positions to pde_features;
