/**
 * Profiles that a producer had acknowledged before it sent a batch's transactions have to be in the batch's vectors (DESIGN section 4,
 * Profiles). How far their log reaches is asked when the batch is handed over; the answer takes a few milliseconds. A small batch does
 * not wait for it: it is computed on what is stored, and looked at again before anything is scored. If more came meanwhile that
 * concerns its customers, it is rolled back and computed anew.
 */
import { within } from '../platform/lifecycle/scope.ts';
import type { ProfileCache } from './profile-cache.ts';
import type { ProfileHistory } from './store/read-profiles.ts';

/** A larger batch waits first: doing it twice would cost more than the wait. */
const SMALL_BATCH_RECORDS = 32;
/** How long a transaction may stand open for the answer. */
const PATIENCE_MS = 500;

/** Compute the batch again: what it was computed on does not stand. */
export class ProfilesCameError extends Error {
  override readonly name = 'ProfilesCameError';
}

export interface ProfileCheck {
  /** Wait for it before the profiles are loaded. */
  readonly beforeLoading: Promise<void>;
  /** @throws ProfilesCameError where one of these histories, by customer, is not what stands once the log is caught up with */
  assertStand(used: ReadonlyMap<string, ProfileHistory>): Promise<void>;
}

/** @param caughtUp resolves when all that the log held when the batch was handed over is stored, and forgotten by `profiles` */
export function createProfileCheck(
  profiles: Pick<ProfileCache, 'load'>,
  caughtUp: Promise<void>,
  records: number,
  isRepeat: boolean,
): ProfileCheck {
  if (isRepeat || records > SMALL_BATCH_RECORDS) {
    return { beforeLoading: caughtUp, assertStand: async () => undefined };
  }
  return {
    beforeLoading: Promise.resolve(),
    async assertStand(used) {
      const isCaughtUp = await within(
        PATIENCE_MS,
        caughtUp.then(() => true),
      );
      if (!isCaughtUp) throw new ProfilesCameError('the log of profiles has not been caught up with yet');
      // What has changed was forgotten and is another object now.
      const standing = await profiles.load([...used.keys()]);
      for (const [customerId, history] of used) {
        if (standing.get(customerId) !== history) throw new ProfilesCameError('a profile came meanwhile');
      }
    },
  };
}
