import { expect, it } from 'vitest';
import { createProfileCheck, dependsOnProfiles, ProfilesCameError } from './profiles-stand.ts';
import { NO_PROFILES, type ProfileHistory } from './store/read-profiles.ts';

const history = (): ProfileHistory => ({ versions: [], stops: [] });

function setting(records: number, isRepeat = false) {
  const stored = new Map<string, ProfileHistory>([['a', history()]]);
  const caughtUp = Promise.withResolvers<void>();
  const load = async (ids: readonly string[]) => new Map(ids.map((id) => [id, stored.get(id) ?? NO_PROFILES]));
  return { stored, caughtUp, load, check: createProfileCheck({ load }, () => caughtUp.promise, records, isRepeat) };
}

it('lets a small batch be computed at once, and stand where nothing of its customers came meanwhile', async () => {
  const { check, caughtUp, load, stored } = setting(1);
  await check.beforeLoading();
  const used = await load(['a', 'unknown']);
  stored.set('b', history());
  caughtUp.resolve();
  await check.assertStand(used);
});

it.each(['a', 'unknown'])('has it computed again where a profile of %s came meanwhile', async (customerId) => {
  const { check, caughtUp, load, stored } = setting(1);
  const used = await load(['a', 'unknown']);
  const standing = check.assertStand(used);
  stored.set(customerId, history());
  caughtUp.resolve();
  await expect(standing).rejects.toThrow(ProfilesCameError);
});

it('does not hold a transaction open for a reader that is far behind', async () => {
  const { check } = setting(1);
  await expect(check.assertStand(new Map())).rejects.toThrow(ProfilesCameError);
});

it.each([
  ['a large batch', 33, false],
  ['a batch that is computed again', 1, true],
])('has %s wait before it loads', async (_what, records, isRepeat) => {
  const { check, caughtUp, load, stored } = setting(records, isRepeat);
  let begun = false;
  const beginning = check.beforeLoading().then(() => {
    begun = true;
  });
  await new Promise(setImmediate);
  expect(begun).toBe(false);
  caughtUp.resolve();
  await beginning;
  const used = await load(['a']);
  stored.set('a', history());
  await check.assertStand(used);
});

it('is needed for a vector, and for the silence about a customer who is stopped', () => {
  const triggered = { triggers: [], predictionId: '', profileVersion: 1, vectorSha256: '' };
  const stopped: ProfileHistory = { versions: [], stops: [{ fromMs: 0, untilMs: 1 }] };
  expect(dependsOnProfiles([{ triggered: null }], new Map([['a', history()]]))).toBe(false);
  expect(dependsOnProfiles([{ triggered: null }, { triggered }], new Map())).toBe(true);
  expect(dependsOnProfiles([{ triggered: null }], new Map([['a', stopped]]))).toBe(true);
});
