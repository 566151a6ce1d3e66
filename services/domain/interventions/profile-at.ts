/** Which of a customer's profiles a decision looks at. */
import type { Profile } from '../bank/profile.ts';
import type { ContactProfile } from './decide.ts';

/** A version of a profile: what contact depends on, and from when it holds. */
export type ProfileVersion = Pick<Profile, 'version' | 'effectiveMs' | 'timeZone' | 'standing' | 'consents'>;

/** All that is known of a customer's profile. */
export interface KnownProfiles {
  readonly versions: readonly ProfileVersion[];
  /** The bank said to stop, and nothing lifted it. A stop holds at once, whatever the decision's `now`. */
  readonly isStopped: boolean;
}

export interface ProfileSeen {
  readonly profile: ContactProfile;
  /** The version looked at; null: none. */
  readonly version: number | null;
}

/** The highest version in effect at an instant, unless the customer is stopped. */
export function profileAt(known: KnownProfiles | undefined, nowMs: number): ProfileSeen {
  if (known === undefined) return { profile: null, version: null };
  if (known.isStopped) return { profile: 'stopped', version: null };
  let seen: ProfileVersion | null = null;
  for (const candidate of known.versions) {
    if (candidate.effectiveMs <= nowMs && (seen === null || candidate.version > seen.version)) seen = candidate;
  }
  return { profile: seen, version: seen?.version ?? null };
}
