import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ConfigError, describeConfig, readConfig, settingsMarkdown } from '../platform/config/env.ts';
import { readProcessSettings } from '../platform/config/settings.ts';
import { readFeaturesConfig } from './config.ts';

const REQUIRED = {
  PDE_API_KEYS_FILE: '/keys.json',
  PDE_API_KEY: 'pde_own',
  PDE_POSTGRES_URL: 'postgres://pde_features:secret@127.0.0.1:1/pde',
  PDE_KAFKA_BROKERS: '127.0.0.1:2',
  PDE_KAFKA_USERNAME: 'features',
  PDE_KAFKA_PASSWORD: 'secret',
  PDE_REGISTRY_URL: 'http://127.0.0.1:3',
  PDE_SCORING_URL: 'http://127.0.0.1:4',
};

it('takes what it needs from the environment, and has defaults for the rest', () => {
  const config = readConfig(REQUIRED, readFeaturesConfig);
  expect(config).toMatchObject({ batchMaxRecords: 1_000, retentionDays: 0, scoring: { url: 'http://127.0.0.1:4' } });
});

it('reports every problem at once', () => {
  const wrong = {
    ...REQUIRED,
    PDE_FEATURES_BATCH_MAX: '0',
    PDE_SCORING_URL: undefined,
    PDE_FEATURES_CACHE_BYTES: 'much',
  };
  const read = () => readConfig(wrong, readFeaturesConfig);
  expect(read).toThrow(ConfigError);
  for (const name of ['PDE_FEATURES_BATCH_MAX', 'PDE_SCORING_URL', 'PDE_FEATURES_CACHE_BYTES']) {
    expect(read).toThrow(name);
  }
});

it('is documented in the README, row by row', () => {
  const rows = describeConfig((env) => [readFeaturesConfig(env), readProcessSettings(env)]);
  const unpadded = (markdown: string): string => markdown.replaceAll(/ *\| */g, '|').replaceAll(/-{3,}/g, '---');
  expect(unpadded(readFileSync(new URL('./README.md', import.meta.url), 'utf8'))).toContain(
    unpadded(settingsMarkdown(rows)),
  );
});
