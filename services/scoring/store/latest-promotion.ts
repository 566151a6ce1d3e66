import type { Queryable } from '../../platform/postgres/pool.ts';

const SQL = 'SELECT max(promotion) AS latest FROM scoring.promotions';

/** Number of the latest act of any feature set; 0 where there is none. Asked every second by every instance. */
export async function latestPromotion(db: Queryable): Promise<number> {
  const { rows } = await db.prepared<{ latest: bigint | null }>('scoring-latest-promotion', SQL);
  return Number(rows[0]?.latest ?? 0);
}
