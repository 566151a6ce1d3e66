import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Role } from '../../../gen/pde/options/v1/options_pb.ts';
import { createKey, createKeyRing, formatKeyFile, loadKeyRing, parseKeyFile } from './key-ring.ts';
import { effective, formatIdentity, isAdmitted, parseIdentity } from './principal.ts';

describe('a key ring', () => {
  it('identifies the keys of its file and nobody else', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'pde-keys-'));
    try {
      const [acme, gateway] = [createKey('acme', [Role.CLIENT]), createKey('gateway', [Role.SERVICE])];
      const path = join(directory, 'keys.json');
      await writeFile(path, formatKeyFile([acme.record, gateway.record]));
      const ring = await loadKeyRing(path);
      expect(ring.identify(acme.key)).toEqual({ id: 'acme', roles: [Role.CLIENT] });
      expect(ring.identify(gateway.key)).toEqual({ id: 'gateway', roles: [Role.SERVICE] });
      expect(ring.identify(`${acme.key}x`)).toBeNull();
      expect(ring.identify('')).toBeNull();
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('makes keys of 32 random bytes and keeps only their hash', () => {
    const { key, record } = createKey('a', [Role.OPERATOR]);
    expect(key).toMatch(/^pde_[A-Za-z0-9_-]{43}$/);
    expect(JSON.stringify(record)).not.toContain(key);
    expect(createKeyRing([record]).identify(key)?.roles).toEqual([Role.OPERATOR]);
  });

  it('refuses a file with anything wrong in it, naming every entry', () => {
    const bad = {
      keys: [
        { id: 'a b', sha256: 'x', roles: [] },
        { id: 'c', sha256: '0'.repeat(64), roles: ['KING'] },
      ],
    };
    expect(() => parseKeyFile(JSON.stringify(bad))).toThrow(
      'keys[0] id must match [A-Za-z0-9._:@-]{1,128}; keys[0] sha256 must be 64 hexadecimal digits; ' +
        'keys[0] roles must name at least one role; keys[1] has the unknown role "KING"',
    );
    expect(() => parseKeyFile('[]')).toThrow('must be {"keys": […]}');
    const twice = { id: 'c', sha256: '0'.repeat(64), roles: ['CLIENT'] };
    expect(() => parseKeyFile(JSON.stringify({ keys: [twice, twice] }))).toThrow('two keys have the same id');
  });
});

describe('a principal', () => {
  const service = { id: 'gateway', roles: [Role.SERVICE] };
  const client = { id: 'acme', roles: [Role.CLIENT, Role.OFFICER] };

  it('travels as a header and back', () => {
    expect(formatIdentity(client)).toBe('acme;CLIENT,OFFICER');
    expect(parseIdentity('acme;CLIENT,OFFICER')).toEqual(client);
  });

  it.each(['acme', 'acme;', 'acme;KING', 'acme;UNSPECIFIED', ';CLIENT', 'a b;CLIENT', 'acme;client'])(
    'is refused as %j',
    (text) => expect(parseIdentity(text)).toBeNull(),
  );

  it('is admitted by its own roles, or by the end caller’s alone', () => {
    expect(isAdmitted({ ...service, endCaller: null }, [Role.SERVICE])).toBe(true);
    expect(isAdmitted({ ...service, endCaller: client }, [Role.SERVICE])).toBe(false);
    expect(isAdmitted({ ...service, endCaller: client }, [Role.OFFICER])).toBe(true);
    expect(effective({ ...service, endCaller: client })).toBe(client);
  });

  it('is admitted nowhere where no role is named', () => {
    expect(isAdmitted({ ...service, endCaller: null }, [])).toBe(false);
    expect(isAdmitted({ id: 'x', roles: [Role.UNSPECIFIED], endCaller: null }, [Role.UNSPECIFIED])).toBe(false);
  });
});
