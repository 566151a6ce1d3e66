import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isReachable } from './postgres-place.ts';

const STRANGER = { uid: 54_321, gid: 54_321 };

describe('isReachable', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pde-place-'));
    await mkdir(join(directory, 'inner'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is false where any folder above is closed to the user', async () => {
    expect(isReachable(join(directory, 'inner'), STRANGER)).toBe(false);
  });

  it('is true once every folder may be passed through', async () => {
    await chmod(directory, 0o711);
    expect(isReachable(join(directory, 'inner'), STRANGER)).toBe(true);
    await chmod(join(directory, 'inner'), 0o700);
    expect(isReachable(join(directory, 'inner'), STRANGER)).toBe(false);
  });

  it('looks at the owner bits for the owner', () => {
    expect(isReachable(directory, { uid: process.getuid!(), gid: process.getgid!() })).toBe(true);
  });
});
