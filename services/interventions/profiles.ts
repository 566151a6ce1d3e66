/**
 * customer-updates: profiles are stored as versions, tombstones as stops (I8). Every instance reads the whole topic; what another
 * instance stored already is met as a repeat, so that all of them may store.
 *
 * The same version with the same content is a repeat; with other content a dead letter, and what stands stays.
 */
import { CustomerProfileSchema } from '../../gen/pde/events/v1/customer_profile_pb.ts';
import { DeadLetter_Reason } from '../../gen/pde/events/v1/dead_letter_pb.ts';
import { Topic } from '../../gen/pde/topics/v1/topics_pb.ts';
import type { IncomingRecord } from '../platform/kafka/port.ts';
import type { Transaction } from '../platform/postgres/pool.ts';
import type { EventCodec } from '../platform/registry/codec.ts';
import { topicOf } from '../platform/topics/topics.ts';
import {
  type Accepted,
  type Checked,
  checkRecord,
  misplacement,
  type RecordReader,
  type Refusal,
  refuse,
} from './check-record.ts';
import { readProfile } from './convert.ts';
import { insertProfiles, versionKey } from './store/insert-profiles.ts';
import { insertStops } from './store/insert-stops.ts';
import type { LogPlace, ProfileRow } from './store/rows.ts';

export const CUSTOMER_UPDATES = topicOf(Topic.CUSTOMER_UPDATES);

/** A tombstone, or a snapshot. */
type Update =
  | { readonly kind: 'stop'; readonly customerId: string; readonly place: LogPlace }
  | { readonly kind: 'profile'; readonly profile: ProfileRow };

export type CheckedUpdate = Checked<Update>;

/** Judges the records of a batch. @throws what the codec throws where the registry is at fault: retry */
export function checkUpdates(
  codec: Pick<EventCodec, 'decode'>,
  records: readonly IncomingRecord[],
): Promise<readonly CheckedUpdate[]> {
  const reader: RecordReader<typeof CustomerProfileSchema, ProfileRow> = {
    codec,
    topic: CUSTOMER_UPDATES,
    desc: CustomerProfileSchema,
    read: (message, record) => readProfile(message, placeOf(record)),
    customerIdOf: (profile) => profile.customerId,
  };
  return Promise.all(records.map((record) => checkUpdate(reader, record)));
}

async function checkUpdate(
  reader: RecordReader<typeof CustomerProfileSchema, ProfileRow>,
  record: IncomingRecord,
): Promise<CheckedUpdate> {
  if (record.value === null) return checkStop(record);
  const checked = await checkRecord(reader, record);
  return checked.kind === 'dead' ? checked : { kind: 'ok', record, value: { kind: 'profile', profile: checked.value } };
}

function checkStop(record: IncomingRecord): CheckedUpdate {
  const customerId = record.key === null ? '' : Buffer.from(record.key).toString('utf8');
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(customerId)) {
    return refuse(record, DeadLetter_Reason.WRONG_KEY, 'the key of a tombstone is no customer_id');
  }
  const value: Update = { kind: 'stop', customerId, place: placeOf(record) };
  return misplacement(CUSTOMER_UPDATES, record, customerId) ?? { kind: 'ok', record, value };
}

function placeOf({ appendMs, offset }: IncomingRecord): LogPlace {
  return { appendMs, offset };
}

export interface StoredUpdates {
  /** New versions and stops. */
  readonly accepted: number;
  readonly duplicates: number;
  readonly refusals: readonly Refusal[];
}

/** Stores a batch of one partition. What it throws is to be retried. */
export async function storeUpdates(tx: Transaction, checked: readonly CheckedUpdate[]): Promise<StoredUpdates> {
  const accepted = checked.filter((one) => one.kind === 'ok');
  const stops = accepted.flatMap(({ value }) => (value.kind === 'stop' ? [value] : []));
  const profiles = accepted.flatMap(({ record, value }) =>
    value.kind === 'profile' ? [{ kind: 'ok' as const, record, value: value.profile }] : [],
  );
  const sorted = await storeProfiles(tx, profiles);
  if (stops.length > 0) await insertStops(tx, stops);
  const refusals = [...checked.filter((one) => one.kind === 'dead'), ...sorted.refusals];
  return { accepted: sorted.accepted + stops.length, duplicates: sorted.duplicates, refusals };
}

async function storeProfiles(tx: Transaction, profiles: readonly Accepted<ProfileRow>[]): Promise<StoredUpdates> {
  const firsts = new Map<string, ProfileRow>();
  for (const { value } of profiles) {
    const key = versionKey(value.customerId, value.version);
    if (!firsts.has(key)) firsts.set(key, value);
  }
  const standing = firsts.size === 0 ? new Map() : await insertProfiles(tx, [...firsts.values()]);
  const added = new Set([...standing].filter(([, one]) => one.isNew).map(([key]) => key));
  const refusals: Refusal[] = [];
  for (const { record, value } of profiles) {
    const stands = standing.get(versionKey(value.customerId, value.version));
    if (stands === undefined) throw new Error('another instance is storing the same version: try again');
    if (Buffer.compare(stands.contentSha256, value.contentSha256) === 0) continue;
    const detail = 'the same version came before with other content';
    refusals.push(refuse(record, DeadLetter_Reason.CONFLICTING_DUPLICATE, detail));
  }
  return { accepted: added.size, duplicates: profiles.length - added.size - refusals.length, refusals };
}
