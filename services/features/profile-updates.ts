/**
 * customer-updates: what each record comes to, and the one transaction that stores a batch of them. Every instance reads the
 * whole topic, so all of it may come again and nothing is ever overwritten.
 *
 * A tombstone stops the customer for every transaction appended from then on: they still enter the ledger, and trigger
 * nothing. A snapshot that is appended after it ends the stop. Both are judged by the broker's append times, so that a replay
 * of the transactions judges the same.
 */
import { CustomerProfileSchema } from '../../gen/pde/events/v1/customer_profile_pb.ts';
import { DeadLetter_Reason } from '../../gen/pde/events/v1/dead_letter_pb.ts';
import { Topic } from '../../gen/pde/topics/v1/topics_pb.ts';
import type { IncomingRecord } from '../platform/kafka/port.ts';
import type { EventCodec } from '../platform/registry/codec.ts';
import { topicOf } from '../platform/topics/topics.ts';
import { misplacement } from './check-record.ts';
import { profileSha256 } from './content-digest.ts';
import { toProfile } from './convert.ts';
import type { ProfileKey, ProfileVersion } from './store/store-profiles.ts';
import { isCustomerId, profileFault } from './validate.ts';

export type CheckedUpdate =
  | { readonly kind: 'snapshot'; readonly version: ProfileVersion }
  | { readonly kind: 'tombstone'; readonly customerId: string; readonly appendMs: number }
  | { readonly kind: 'dead'; readonly reason: DeadLetter_Reason; readonly detail: string };

export const CUSTOMER_UPDATES = topicOf(Topic.CUSTOMER_UPDATES);

/** Judges one record. @throws where the registry is at fault: retry */
export async function checkUpdate(codec: Pick<EventCodec, 'decode'>, record: IncomingRecord): Promise<CheckedUpdate> {
  if (record.value === null) return checkTombstone(record);
  if (record.value.length > CUSTOMER_UPDATES.maxValueBytes) {
    const detail = `the value is larger than ${CUSTOMER_UPDATES.maxValueBytes} bytes`;
    return { kind: 'dead', reason: DeadLetter_Reason.TOO_LARGE, detail };
  }
  const decoded = await codec.decode(CUSTOMER_UPDATES, CustomerProfileSchema, record.value);
  if (decoded.kind === 'dead') return decoded;
  const fault = profileFault(decoded.message);
  if (fault !== null) return { kind: 'dead', reason: DeadLetter_Reason.INVALID_VALUE, detail: fault };
  const misplaced = misplacement(CUSTOMER_UPDATES, record, decoded.message.customerId);
  if (misplaced !== null) return misplaced;
  const profile = toProfile(decoded.message);
  const learnedMs = profile.mode === 'replay' ? profile.effectiveMs : record.appendMs;
  const contentSha256 = profileSha256(profile);
  return { kind: 'snapshot', version: { profile, contentSha256, appendMs: record.appendMs, learnedMs } };
}

function checkTombstone(record: IncomingRecord): CheckedUpdate {
  const customerId = record.key === null ? '' : Buffer.from(record.key).toString('utf8');
  if (!isCustomerId(customerId)) {
    return { kind: 'dead', reason: DeadLetter_Reason.WRONG_KEY, detail: 'the key of a tombstone is no customer_id' };
  }
  const misplaced = misplacement(CUSTOMER_UPDATES, record, customerId);
  return misplaced ?? { kind: 'tombstone', customerId, appendMs: record.appendMs };
}

/** What the records of a batch come to. */
export interface UpdatePlan {
  /** Versions that are not stored yet, the first of each. */
  readonly versions: readonly ProfileVersion[];
  readonly stops: readonly { readonly customerId: string; readonly appendMs: number }[];
  /** Every snapshot that stands, new or not: each ends the stops before it. */
  readonly snapshots: readonly { readonly customerId: string; readonly appendMs: number }[];
  readonly dead: readonly {
    readonly record: IncomingRecord;
    readonly reason: DeadLetter_Reason;
    readonly detail: string;
  }[];
  readonly customerIds: readonly string[];
}

/** Pure: the same version with other content than stands is a dead letter. */
export function planUpdates(
  records: readonly IncomingRecord[],
  checked: readonly CheckedUpdate[],
  stored: readonly (ProfileKey & { readonly contentSha256: string })[],
): UpdatePlan {
  const digests = new Map(stored.map((one) => [keyOf(one.customerId, one.version), one.contentSha256]));
  const versions: ProfileVersion[] = [];
  const stops: UpdatePlan['stops'][number][] = [];
  const snapshots: UpdatePlan['snapshots'][number][] = [];
  const dead: UpdatePlan['dead'][number][] = [];
  for (const [index, one] of checked.entries()) {
    const record = records[index]!;
    if (one.kind === 'dead') dead.push({ record, reason: one.reason, detail: one.detail });
    else if (one.kind === 'tombstone') stops.push({ customerId: one.customerId, appendMs: one.appendMs });
    else {
      const { profile, contentSha256, appendMs } = one.version;
      const key = keyOf(profile.customerId, profile.version);
      const standing = digests.get(key);
      if (standing !== undefined && standing !== contentSha256) {
        dead.push({ record, reason: DeadLetter_Reason.CONFLICTING_DUPLICATE, detail: CONFLICT });
        continue;
      }
      if (standing === undefined) versions.push(one.version);
      digests.set(key, contentSha256);
      snapshots.push({ customerId: profile.customerId, appendMs });
    }
  }
  const customerIds = [...new Set([...stops, ...snapshots].map((one) => one.customerId))];
  return { versions, stops, snapshots, dead, customerIds };
}

const CONFLICT = 'version came before with other content';

function keyOf(customerId: string, version: number): string {
  return `${customerId} ${version}`;
}
