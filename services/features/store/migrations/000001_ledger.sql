-- The ledger of every customer, and what is derived from or kept beside it. The ledger is the state (I3): customers and
-- window_snapshots can be rebuilt from it; transaction_ids outlives its months (I2).

-- One row per accepted record, failed ones and reversals included, in the order the engine learned of them. Append-only.
create table features.ledger (
  customer_id text collate "C" not null,
  -- n: from 1 without gaps within the customer.
  ledger_position bigint not null check (ledger_position >= 1),
  -- The broker's append time: the month of arrival is the partition.
  arrival_time timestamptz not null,
  -- When the row was learned, milliseconds since the epoch: append time (LIVE) or booking time (REPLAY).
  learned_ms bigint not null,
  mode text not null check (mode in ('live', 'replay')),
  topic_partition integer not null,
  log_offset bigint not null,
  transaction_id text collate "C" not null,
  account_id text not null,
  -- Milliseconds since the epoch.
  occurred_ms bigint not null,
  booked_ms bigint not null,
  utc_offset_minutes smallint not null,
  time_precision text not null,
  direction text not null,
  status text not null,
  amount_minor bigint not null check (amount_minor >= 1),
  balance_after_minor bigint,
  channel text not null,
  category text not null,
  merchant_id text,
  counterparty_id text,
  obligation_id text,
  reverses_transaction_id text,
  own_transfer boolean not null,
  -- Bit set over what the feed declares.
  declares integer not null,
  -- Which triggers it fired; null: none, and then the rest is null too.
  triggers text[],
  prediction_id uuid,
  -- v of its vector; 0 means that no profile was known.
  profile_version bigint,
  -- Of the vector that stands at scoring (I4).
  vector_sha256 text,
  primary key (customer_id, ledger_position, arrival_time)
) partition by range (arrival_time);

-- Makes the ledger's months, from the one that holds from_time, UTC. Runs as the owner, so that the service needs no right to create.
create function features.make_ledger_months(from_time timestamptz, months integer) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  first_month timestamp := date_trunc('month', from_time at time zone 'UTC');
  month timestamp;
begin
  if months not between 1 and 24 then
    raise exception 'months must be 1 to 24' using errcode = 'invalid_parameter_value';
  end if;
  perform pg_advisory_xact_lock(hashtext('features.make_ledger_months'));
  for i in 0 .. months - 1 loop
    month := first_month + make_interval(months => i);
    execute format(
      'create table if not exists features.%I partition of features.ledger for values from (%L) to (%L)',
      'ledger_' || to_char(month, 'YYYY_MM'),
      to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00',
      to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00'
    );
  end loop;
end $$;
revoke all on function features.make_ledger_months(timestamptz, integer) from public;

-- Identity (I2): which transactions are known, by content. Kept when a month of the ledger is dropped.
create table features.transaction_ids (
  customer_id text collate "C" not null,
  transaction_id text collate "C" not null,
  content_sha256 bytea not null check (octet_length(content_sha256) = 32),
  ledger_position bigint not null,
  -- The transaction that it undoes; null: none (a failed reversal undoes nothing).
  undoes_transaction_id text collate "C",
  primary key (customer_id, transaction_id)
);
-- Finds the reversal that came before its original.
create index transaction_ids_reversals on features.transaction_ids (customer_id, undoes_transaction_id)
  where undoes_transaction_id is not null;

-- Facts of a customer that no dropped month may change.
create table features.customers (
  customer_id text collate "C" primary key,
  currency text not null,
  -- Entry count: the last n.
  ledger_rows bigint not null,
  topic_partition integer not null,
  latest_occurred_ms bigint not null,
  -- Of the latest row.
  mode text not null check (mode in ('live', 'replay'))
) with (fillfactor = 70);

-- Derived: the window after the first ledger_position rows, as bytes; any row may be deleted at any time.
create table features.window_snapshots (
  customer_id text collate "C" primary key,
  ledger_position bigint not null,
  feature_set_version text not null,
  content bytea not null
);

-- A replay brought another vector than the one that stands (I4). Never expected; alerted.
create table features.vector_conflicts (
  prediction_id uuid not null,
  customer_id text collate "C" not null,
  ledger_position bigint not null,
  computed_sha256 text not null,
  standing_sha256 text not null,
  found_time timestamptz not null default now(),
  primary key (prediction_id, computed_sha256)
);

grant usage on schema features to pde_features;
grant select, insert on features.ledger, features.transaction_ids, features.vector_conflicts to pde_features;
grant select, insert, update on features.customers to pde_features;
grant select, insert, update, delete on features.window_snapshots to pde_features;
grant execute on function features.make_ledger_months(timestamptz, integer) to pde_features;
