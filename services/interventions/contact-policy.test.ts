import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_CONTACT_POLICY } from '../domain/interventions/policy.ts';
import { createScope } from '../platform/lifecycle/scope.ts';
import { loadContactPolicy } from './contact-policy.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'contact-policy-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function load(text: string | null) {
  const { scope } = createScope({ name: 'test' });
  const file = text === null ? null : join(directory, 'policy.json');
  if (file !== null && text !== null) await writeFile(file, text);
  const policy = await loadContactPolicy(scope, file);
  return { policy, metrics: await scope.metrics.text() };
}

test('without a file the default policy is in force', async () => {
  const { policy, metrics } = await load(null);
  expect(policy).toBe(DEFAULT_CONTACT_POLICY);
  expect(metrics).toMatch(/pde_contact_policy_readable{service="test"} 1/);
});

test('a file replaces it', async () => {
  const { policy } = await load(JSON.stringify({ ...DEFAULT_CONTACT_POLICY, version: 'contact-2', coolDownDays: 60 }));
  expect(policy).toMatchObject({ version: 'contact-2', coolDownDays: 60 });
});

test.each(['{', '{}', JSON.stringify({ ...DEFAULT_CONTACT_POLICY, openForDays: 0 })])(
  'what cannot be read is no policy: %s',
  async (text) => {
    const { policy, metrics } = await load(text);
    expect(policy).toBe('unreadable');
    expect(metrics).toMatch(/pde_contact_policy_readable{service="test"} 0/);
  },
);

test('neither is a file that is not there', async () => {
  const { scope } = createScope({ name: 'test' });
  expect(await loadContactPolicy(scope, join(directory, 'absent.json'))).toBe('unreadable');
});
