/**
 * Profiles that a producer had acknowledged before it sent a batch's transactions have to be in the batch's vectors (DESIGN section 4,
 * Profiles). How far their log reaches is asked after the batch was handed over; the answer takes a few milliseconds and some work of
 * the broker. A small batch does not wait for it: it is computed on what is stored, and only where something would be scored is it
 * asked, while the rows are written. If more came meanwhile that concerns its customers, it is rolled back and computed anew.
 */
import { within } from '../platform/lifecycle/scope.ts';
import type { ComputedEntry } from './compute-batch.ts';
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
  beforeLoading(): Promise<void>;
  /** @throws ProfilesCameError where one of these histories, by customer, is not what stands once the log is caught up with */
  assertStand(used: ReadonlyMap<string, ProfileHistory>): Promise<void>;
}

/** @param catchUp resolves when all that the log held at the call is stored, and forgotten by `profiles` */
export function createProfileCheck(
  profiles: Pick<ProfileCache, 'load'>,
  catchUp: () => Promise<void>,
  records: number,
  isRepeat: boolean,
): ProfileCheck {
  if (isRepeat || records > SMALL_BATCH_RECORDS) {
    return { beforeLoading: catchUp, assertStand: async () => undefined };
  }
  return {
    beforeLoading: async () => undefined,
    async assertStand(used) {
      const isCaughtUp = await within(
        PATIENCE_MS,
        catchUp().then(() => true),
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

/** Whether what comes of a batch depends on profiles: a vector does, and so does the silence about a customer who is stopped. */
export function dependsOnProfiles(
  entries: readonly Pick<ComputedEntry, 'triggered'>[],
  histories: ReadonlyMap<string, ProfileHistory>,
): boolean {
  return (
    entries.some((entry) => entry.triggered !== null) ||
    [...histories.values()].some((history) => history.stops.length > 0)
  );
}
