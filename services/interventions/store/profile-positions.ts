import type { Queryable, Transaction } from '../../platform/postgres/pool.ts';

/** How far each partition of the topic is stored, by whichever instance. */
export async function readProfilePositions(db: Queryable, topic: string): Promise<ReadonlyMap<number, bigint>> {
  const { rows } = await db.query<{ partition: number; next_offset: bigint }>(
    'SELECT partition, next_offset FROM interventions.profile_positions WHERE topic = $1::text',
    [topic],
  );
  return new Map(rows.map((row) => [row.partition, row.next_offset]));
}

/** Notes that everything before an offset is stored; never goes back. */
export async function moveProfilePosition(
  tx: Transaction,
  topic: string,
  partition: number,
  nextOffset: bigint,
): Promise<void> {
  await tx.prepared(
    'interventions.move-profile-position',
    `INSERT INTO interventions.profile_positions AS p (topic, partition, next_offset) VALUES ($1::text, $2::int4, $3::int8)
     ON CONFLICT (topic, partition) DO UPDATE SET next_offset = greatest(p.next_offset, excluded.next_offset)`,
    [topic, partition, nextOffset],
  );
}
