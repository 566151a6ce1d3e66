import { describe, expect, it } from 'vitest';
import { ConfigError, describeConfig, type EnvReader, readConfig, renderSettings, settingsMarkdown } from './env.ts';
import { readKafkaSettings, readPostgresSettings, readProcessSettings, readRpcServerSettings } from './settings.ts';

const read = (env: EnvReader) => ({
  name: env.string('NAME', { about: 'a name', pattern: /^[a-z]+$/ }),
  port: env.integer('PORT', { about: 'a port', default: 0, min: 0, max: 65535 }),
  waitMs: env.durationMs('WAIT_MS', { about: 'a wait', default: 5, min: 1, max: 1000 }),
  ratio: env.number('RATIO', { about: 'a ratio', default: 0.5, min: 0, max: 1 }),
  fast: env.boolean('FAST', { about: 'a switch', default: false }),
  level: env.oneOf('LEVEL', ['low', 'high'], { about: 'a level', default: 'low' }),
  peer: env.url('PEER', { about: 'a peer', default: 'http://127.0.0.1:1' }),
  hosts: env.list('HOSTS', { about: 'hosts', default: ['a'] }),
  key: env.secret('KEY', { about: 'a key' }),
  note: env.optional('NOTE', { about: 'a note' }),
});

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env, read);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('readConfig', () => {
  it('reads every kind of setting into one deeply frozen value', () => {
    const config = readConfig(
      {
        NAME: 'abc',
        PORT: '80',
        FAST: 'true',
        LEVEL: 'high',
        PEER: 'http://h:2/',
        HOSTS: ' a , b',
        KEY: 's',
        RATIO: '0.25',
      },
      read,
    );
    expect(config).toEqual({
      name: 'abc',
      port: 80,
      waitMs: 5,
      ratio: 0.25,
      fast: true,
      level: 'high',
      peer: 'http://h:2',
      hosts: ['a', 'b'],
      key: 's',
      note: null,
    });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.hosts)).toBe(true);
  });

  it('reports every problem at once, each with the variable, the value and the bound', () => {
    expect(
      problemsOf({
        NAME: 'A1',
        PORT: '70000',
        WAIT_MS: '1.5',
        FAST: 'yes',
        LEVEL: 'mid',
        PEER: 'h:2',
        HOSTS: ',',
        RATIO: 'x',
      }),
    ).toEqual([
      'NAME is "A1": it must match ^[a-z]+$',
      'PORT is "70000": it must be a whole number from 0 to 65535',
      'WAIT_MS is "1.5": it must be a whole number of ms from 1 to 1000',
      'RATIO is "x": it must be a number from 0 to 1',
      'FAST is "yes": it must be one of true, false',
      'LEVEL is "mid": it must be one of low, high',
      'PEER is "h:2": it must be an absolute http or https URL',
      'HOSTS is ",": it must have at least one entry',
      'KEY is not set: a key',
    ]);
  });

  it('takes an empty variable as absent', () => {
    expect(problemsOf({ NAME: '', KEY: 'k' })).toEqual(['NAME is not set: a name']);
  });
});

describe('describeConfig', () => {
  it('lists the settings in order with unit, default and bounds, and never a secret', () => {
    const rows = describeConfig(read);
    expect(rows.map((row) => row.name)).toEqual([
      'NAME',
      'PORT',
      'WAIT_MS',
      'RATIO',
      'FAST',
      'LEVEL',
      'PEER',
      'HOSTS',
      'KEY',
      'NOTE',
    ]);
    expect(rows[2]).toEqual({ name: 'WAIT_MS', about: 'a wait', unit: 'ms', default: '5', bounds: '1 to 1000' });
    expect(rows[8]).toEqual({ name: 'KEY', about: 'a key', unit: '', default: null, bounds: '' });
    expect(renderSettings(rows)).toContain('WAIT_MS\n      a wait\n      default 5, ms, 1 to 1000');
    expect(settingsMarkdown(rows)).toContain('| `KEY` | a key |  | required |  |');
  });

  it('describes the shared settings without an environment', () => {
    const shared = describeConfig((env) => [
      readProcessSettings(env),
      readRpcServerSettings(env),
      readPostgresSettings(env),
      readKafkaSettings(env),
    ]);
    expect(shared.every((row) => row.about.length > 0)).toBe(true);
    expect(shared.filter((row) => row.default === null).map((row) => row.name)).toEqual([
      'PDE_API_KEYS_FILE',
      'PDE_POSTGRES_URL',
      'PDE_KAFKA_BROKERS',
      'PDE_KAFKA_USERNAME',
      'PDE_KAFKA_PASSWORD',
    ]);
  });
});
