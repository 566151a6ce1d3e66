import type { Queryable } from '../../platform/postgres/pool.ts';
import type { BankProfile, BankTransaction } from '../store/bank-rows.ts';
import { readProfiles, readTransactions } from '../store/read-page.ts';

const PAGE_ROWS = 4_000;
const PROFILE_PAGE_ROWS = 1_000;

/** Reads ahead of a stream, a page at a time. */
export interface Pager {
  /** The coming transactions, at least one unless the end is reached. */
  coming(): Promise<readonly BankTransaction[]>;
  /** Takes the first `count` of them away. */
  drop(count: number): void;
}

export function createPager(db: Queryable, bankId: string, from: number, end: number): Pager {
  let page: readonly BankTransaction[] = [];
  let at = 0;
  let next = from;
  const fetch = () => readTransactions(db, bankId, next, end, PAGE_ROWS);
  let ahead: Promise<readonly BankTransaction[]> | null = null;
  return {
    async coming() {
      if (at >= page.length) {
        page = await (ahead ?? fetch());
        at = 0;
        next += page.length;
        ahead = page.length > 0 ? fetch() : null;
        ahead?.catch(() => undefined);
      }
      return at === 0 ? page : page.slice(at);
    },
    drop(count) {
      at += count;
    },
  };
}

/** Every profile from a position on that has to precede a transaction before `end`, in order. */
export async function* pendingProfiles(
  db: Queryable,
  bankId: string,
  from: number,
  end: number,
): AsyncGenerator<readonly BankProfile[]> {
  for (let next = from; ; ) {
    const profiles = await readProfiles(db, bankId, next, end, PROFILE_PAGE_ROWS);
    if (profiles.length > 0) yield profiles;
    if (profiles.length < PROFILE_PAGE_ROWS) return;
    next = (profiles.at(-1)?.sequence ?? next) + 1;
  }
}
