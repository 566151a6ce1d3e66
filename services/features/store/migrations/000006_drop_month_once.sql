-- Two instances that drop the same month wait for one another instead of each holding what the other needs.
create or replace function features.drop_ledger_month(month date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '2s' as $$
declare
  part text := 'ledger_' || to_char(month, 'YYYY_MM');
  uncovered bigint;
begin
  if month is distinct from date_trunc('month', month)::date or month + interval '1 month' > now() at time zone 'UTC' then
    raise exception 'month must be the first day of a month that is over' using errcode = 'invalid_parameter_value';
  end if;
  -- Nobody writes to a month that is over; reading goes on until the drop itself.
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
