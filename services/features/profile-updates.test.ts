import { describe, expect, it } from 'vitest';
import { DeadLetter_Reason } from '../../gen/pde/events/v1/dead_letter_pb.ts';
import type { Profile } from '../domain/bank/profile.ts';
import type { IncomingRecord } from '../platform/kafka/port.ts';
import { profileSha256 } from './content-digest.ts';
import { isStopped, profileAt, profileLearnedAt } from './profile-history.ts';
import { type CheckedUpdate, checkUpdate, planUpdates } from './profile-updates.ts';

describe('versions of a profile', () => {
  it('are stored once, and a repeat with the same content is no news', () => {
    const plan = planOf([snapshot(1), snapshot(1), snapshot(2)], []);
    expect(plan.versions.map((version) => version.profile.version)).toEqual([1, 2]);
    expect(plan.dead).toEqual([]);
  });

  it('are never overwritten: the same version with other content is a dead letter', () => {
    const other = snapshot(1, { salaryDayOfMonth: 5 });
    const stored = [{ customerId: 'c1', version: 1, contentSha256: profileSha256(profile(1)) }];
    for (const plan of [planOf([snapshot(1), other], []), planOf([other], stored)]) {
      expect(plan.dead.map((dead) => dead.reason)).toEqual([DeadLetter_Reason.CONFLICTING_DUPLICATE]);
    }
  });

  it('are chosen by effective time, and with a time alone by when they were learned too', () => {
    const history = {
      versions: [
        { profile: profile(1, { effectiveMs: 10 }), learnedMs: 10 },
        { profile: profile(2, { effectiveMs: 20 }), learnedMs: 25 },
      ],
      stops: [],
    };
    expect(profileAt(history, 9)).toBeNull();
    expect(profileAt(history, 19)?.version).toBe(1);
    expect(profileAt(history, 20)?.version).toBe(2);
    expect(profileLearnedAt(history, 22, 22)?.version).toBe(1);
    expect(profileLearnedAt(history, 25, 25)?.version).toBe(2);
  });
});

describe('a tombstone', () => {
  it('is a stop from its append time on, until a later snapshot', () => {
    const history = { versions: [], stops: [{ fromMs: 10, untilMs: 20 }] };
    expect([9, 10, 19, 20].map((ms) => isStopped(history, ms))).toEqual([false, true, true, false]);
    expect(isStopped({ versions: [], stops: [{ fromMs: 10, untilMs: null }] }, 1e12)).toBe(true);
  });

  it('without a customer as its key is a dead letter', async () => {
    const codec = { decode: () => Promise.reject(new Error('a tombstone has no value to decode')) };
    const keys = [null, Buffer.from('no customer'), Buffer.from([0xff])];
    const checked = await Promise.all(keys.map((key) => checkUpdate(codec, { ...record(0), key, value: null })));
    expect(checked.map((one) => one.kind === 'dead' && one.reason)).toEqual([
      DeadLetter_Reason.WRONG_KEY,
      DeadLetter_Reason.WRONG_KEY,
      DeadLetter_Reason.WRONG_KEY,
    ]);
  });
});

function planOf(checked: readonly CheckedUpdate[], stored: Parameters<typeof planUpdates>[2]) {
  return planUpdates(
    checked.map((_, index) => record(index)),
    checked,
    stored,
  );
}

function record(offset: number): IncomingRecord {
  return {
    topic: 'customer-updates',
    partition: 0,
    offset: BigInt(offset),
    appendMs: 1_000 + offset,
    key: Buffer.from('c1'),
    value: Buffer.from([0]),
    headers: {},
  };
}

function snapshot(version: number, fields: Partial<Profile> = {}): CheckedUpdate {
  const made = profile(version, fields);
  return {
    kind: 'snapshot',
    version: { profile: made, contentSha256: profileSha256(made), appendMs: 1_000, learnedMs: 1_000 },
  };
}

function profile(version: number, fields: Partial<Profile> = {}): Profile {
  return {
    customerId: 'c1',
    version,
    effectiveMs: version,
    timeZone: 'Europe/Prague',
    consents: [],
    obligations: [],
    obligationsDeclared: false,
    salaryDayOfMonth: null,
    standing: 'open',
    mode: 'replay',
    ...fields,
  };
}
