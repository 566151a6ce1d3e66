import { describe, expect, it } from 'vitest';
import { type Registry, RegistryUnavailableError } from './registry.ts';
import { createSchemaResolver } from './schema-resolver.ts';

/** A registry in memory, which counts what it is asked and can be away or forget everything. */
function fakeRegistry() {
  const schemas = new Map<number, { subject: string; text: string }>();
  const state = { away: false, asked: 0 };
  const ask = () => {
    state.asked++;
    if (state.away) throw new RegistryUnavailableError('away');
  };
  const registry: Registry = {
    async register(subject, text) {
      schemas.set(schemas.size + 1, { subject, text });
      return schemas.size;
    },
    async lookUp(subject, text) {
      ask();
      return [...schemas].find(([, schema]) => schema.subject === subject && schema.text === text)?.[0] ?? null;
    },
    async textOf(id) {
      ask();
      return schemas.get(id)?.text ?? null;
    },
    subjects: async () => [],
  };
  return { registry, schemas, state };
}

async function setUp() {
  const fake = fakeRegistry();
  const clock = { ms: 0 };
  const ours = await fake.registry.register('a-value', 'v1', 'BACKWARD_TRANSITIVE');
  const later = await fake.registry.register('a-value', 'v2', 'BACKWARD_TRANSITIVE');
  const foreign = await fake.registry.register('b-value', 'other', 'BACKWARD_TRANSITIVE');
  const { registry } = fake;
  const resolver = createSchemaResolver({
    registry,
    subject: 'a-value',
    text: 'v1',
    negativeTtlMs: 1_000,
    now: () => clock.ms,
  });
  return { ...fake, resolver, clock, ours, later, foreign };
}

describe('the standing of a schema id', () => {
  it('is ours for every version of the subject, foreign for another subject, unknown for the rest', async () => {
    const { resolver, ours, later, foreign } = await setUp();
    expect(await resolver.standingOf(ours)).toBe('ours');
    expect(await resolver.standingOf(later)).toBe('ours');
    expect(await resolver.standingOf(foreign)).toBe('foreign');
    expect(await resolver.standingOf(999)).toBe('unknown');
  });

  it('is remembered for ever if ours, and for a while if not', async () => {
    const { resolver, state, clock, later } = await setUp();
    await resolver.standingOf(later);
    await resolver.standingOf(999);
    const before = state.asked;
    clock.ms = 999;
    await resolver.standingOf(999);
    expect(state.asked).toBe(before);
    clock.ms = 1_000;
    await resolver.standingOf(999);
    expect(state.asked).toBeGreaterThan(before);
    state.away = true;
    clock.ms = 1e12;
    expect(await resolver.standingOf(later)).toBe('ours');
  });

  it('is asked once by many who ask together', async () => {
    const { resolver, state, later } = await setUp();
    await Promise.all(Array.from({ length: 50 }, () => resolver.standingOf(later)));
    expect(state.asked).toBe(2);
  });

  it('cannot be told while the registry is away', async () => {
    const { resolver, state } = await setUp();
    state.away = true;
    await expect(resolver.standingOf(999)).rejects.toThrow(RegistryUnavailableError);
    state.away = false;
    expect(await resolver.standingOf(999)).toBe('unknown');
  });

  it('cannot be told while the registry has forgotten our own id', async () => {
    const { resolver, schemas, ours } = await setUp();
    await resolver.contractId();
    const kept = schemas.get(ours);
    schemas.clear();
    await expect(resolver.standingOf(999)).rejects.toThrow(RegistryUnavailableError);
    if (kept !== undefined) schemas.set(ours, kept);
    expect(await resolver.standingOf(999)).toBe('unknown');
  });
});
