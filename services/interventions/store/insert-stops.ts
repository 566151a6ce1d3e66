import { columns } from '../../platform/postgres/batch.ts';
import type { Transaction } from '../../platform/postgres/pool.ts';
import { type LogPlace, timeText } from './rows.ts';

/** A tombstone. */
export interface StopRow {
  readonly customerId: string;
  readonly place: LogPlace;
}

/** Appends stops that are not there yet. */
export async function insertStops(tx: Transaction, stops: readonly StopRow[]): Promise<void> {
  await tx.query(
    `INSERT INTO interventions.profile_stops (customer_id, append_time, log_offset)
     SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::int8[])
     ON CONFLICT (customer_id, append_time, log_offset) DO NOTHING`,
    columns(
      stops,
      (row) => row.customerId,
      (row) => timeText(row.place.appendMs),
      (row) => row.place.offset,
    ),
  );
}
