/** Questions about what is known of a customer beside transactions. Pure. */
import type { Profile } from '../domain/bank/profile.ts';
import type { ProfileHistory } from './store/read-profiles.ts';

/** The version that a vector at t uses: the highest with effective time <= t; null if there is none. */
export function profileAt(history: ProfileHistory, atMs: number): Profile | null {
  return history.versions.findLast(({ profile }) => profile.effectiveMs <= atMs)?.profile ?? null;
}

/** The same, of the versions learned by a time only. */
export function profileLearnedAt(history: ProfileHistory, atMs: number, byMs: number): Profile | null {
  const known = history.versions.findLast(({ profile, learnedMs }) => profile.effectiveMs <= atMs && learnedMs <= byMs);
  return known?.profile ?? null;
}

/** Whether a tombstone stopped the customer for records appended then. */
export function isStopped(history: ProfileHistory, appendMs: number): boolean {
  return history.stops.some(({ fromMs, untilMs }) => fromMs <= appendMs && (untilMs === null || appendMs < untilMs));
}
