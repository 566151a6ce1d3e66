-- Months of the ledger that are older than its retention are dropped. What stands for their rows is one base a customer, and of each
-- month what it held is counted, so that the sums of I1 go on.

-- The window over a customer's first ledger_position rows, some of which are gone (services/domain/features/kept-ledger.ts). Not
-- derived: it cannot be made again.
create table features.ledger_bases (
  customer_id text collate "C" primary key,
  ledger_position bigint not null check (ledger_position >= 1),
  -- From this instant on everything is answered as if nothing was gone, milliseconds since the epoch.
  kept_from_ms bigint not null,
  -- When the last of its rows was learned.
  learned_ms bigint not null,
  content bytea not null
);

create table features.dropped_months (
  month date primary key,
  ledger_rows bigint not null,
  triggered_rows bigint not null,
  -- Sums of digests, as StoredSet.id_digest of the contract defines them.
  ledger_digest numeric not null,
  triggered_digest numeric not null,
  dropped_time timestamptz not null default now()
);

-- Drops one month of the ledger, and counts what it held. Runs as the owner, so that the service needs no right to drop: what no
-- base stands for is never dropped, nor a month that is not over.
create function features.drop_ledger_month(month date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '2s' as $$
declare
  part text := 'ledger_' || to_char(month, 'YYYY_MM');
  uncovered bigint;
begin
  if month is distinct from date_trunc('month', month)::date or month + interval '1 month' > now() at time zone 'UTC' then
    raise exception 'month must be the first day of a month that is over' using errcode = 'invalid_parameter_value';
  end if;
  -- Nobody writes to a month that is over; reading goes on until the drop itself. Two instances that drop the same month wait for one
  -- another instead of each holding what the other needs.
  execute format('lock table features.%I in share row exclusive mode', part);
  execute format(
    'select count(*) from features.%I l left join features.ledger_bases b on b.customer_id = l.customer_id
     where b.ledger_position is null or b.ledger_position < l.ledger_position', part) into uncovered;
  if uncovered > 0 then
    raise exception '% rows of % have no base', uncovered, part using errcode = 'object_not_in_prerequisite_state';
  end if;
  execute format(
    'insert into features.dropped_months (month, ledger_rows, triggered_rows, ledger_digest, triggered_digest)
     select $1, count(*), count(prediction_id),
       coalesce(sum((''x'' || left(md5(transaction_id), 16))::bit(64)::int8::numeric), 0),
       coalesce(sum((''x'' || left(md5(prediction_id::text), 16))::bit(64)::int8::numeric), 0)
     from features.%I', part) using month;
  execute format('drop table features.%I', part);
end $$;
revoke all on function features.drop_ledger_month(date) from public;

grant select, insert, update on features.ledger_bases to pde_features;
grant select on features.dropped_months to pde_features;
grant execute on function features.drop_ledger_month(date) to pde_features;
