/**
 * Profiles go out before the transactions that have to come after them (DESIGN section 4, Profiles), and some way ahead, so that
 * no transaction waits for an acknowledgement that could have been there already. A profile may come as early as it likes: it is in
 * effect from its effective time on.
 */
import type { Queryable } from '../../platform/postgres/pool.ts';
import type { BankProfile } from '../store/bank-rows.ts';
import { pendingProfiles } from './pager.ts';

export interface ProfilesAheadOptions {
  readonly db: Queryable;
  readonly bankId: string;
  /** The first profile to send. */
  readonly nextProfileSequence: number;
  /** Sends in order; resolves when all are acknowledged. */
  readonly send: (profiles: readonly BankProfile[]) => Promise<void>;
}

export interface ProfilesAhead {
  /** The first profile that is not acknowledged yet. */
  readonly nextProfileSequence: number;
  /**
   * Resolves when every profile that has to precede a transaction before `end` is acknowledged; then goes on with those before
   * `further` by itself.
   */
  upTo(end: number, further: number): Promise<void>;
  /** Resolves when nothing is under way. Never rejects: what failed is told by the next upTo(). */
  settled(): Promise<void>;
}

export function createProfilesAhead(o: ProfilesAheadOptions): ProfilesAhead {
  let next = o.nextProfileSequence;
  /** Nothing that has to precede a transaction before it is left to send. */
  let covered = 0;
  let running: Promise<void> = Promise.resolve();
  let isRunning = false;

  function cover(end: number): Promise<void> {
    isRunning = true;
    running = sendUpTo(end).finally(() => {
      isRunning = false;
    });
    running.catch(() => undefined);
    return running;
  }

  async function sendUpTo(end: number): Promise<void> {
    for await (const profiles of pendingProfiles(o.db, o.bankId, next, end)) {
      await o.send(profiles);
      next = (profiles.at(-1)?.sequence ?? 0) + 1;
    }
    covered = end;
  }

  return {
    get nextProfileSequence() {
      return next;
    },
    async upTo(end, further) {
      if (covered < end && isRunning) await running;
      if (covered < end) await cover(end);
      // A stretch at a time: half of it is still ahead when the next one is asked for.
      if (!isRunning && covered - end < (further - end) / 2) void cover(further);
    },
    settled: () => running.catch(() => undefined),
  };
}
