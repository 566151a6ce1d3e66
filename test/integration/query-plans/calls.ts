import type { Pool } from '../../../services/platform/postgres/pool.ts';

/** Store operations by what they are for; each with parameters that find something in tables that fill.ts filled. */
export type Calls = Readonly<Record<string, (pool: Pool) => Promise<unknown>>>;
