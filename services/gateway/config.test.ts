import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeConfig, readConfig, settingsMarkdown } from '../platform/config/env.ts';
import { readProcessSettings } from '../platform/config/settings.ts';
import { readGatewayConfig } from './config.ts';

it('takes what it needs from the environment, and has defaults for the rest', () => {
  const config = readConfig(
    {
      PDE_API_KEYS_FILE: '/keys.json',
      PDE_API_KEY: 'pde_own',
      PDE_SCORING_URL: 'http://127.0.0.1:1',
      PDE_INTERVENTIONS_URL: 'http://127.0.0.1:2',
      PDE_FEATURES_URL: 'http://127.0.0.1:3/',
    },
    readGatewayConfig,
  );
  expect(config).toMatchObject({ host: '127.0.0.1', port: 0, maxBodyBytes: 1_048_576 });
  expect(config.backends.features).toEqual({ url: 'http://127.0.0.1:3', apiKey: 'pde_own' });
});

it('is documented in the README, row by row', () => {
  const rows = describeConfig((env) => [readGatewayConfig(env), readProcessSettings(env)]);
  const unpadded = (markdown: string): string => markdown.replaceAll(/ *\| */g, '|').replaceAll(/-{3,}/g, '---');
  expect(unpadded(readFileSync(new URL('./README.md', import.meta.url), 'utf8'))).toContain(
    unpadded(settingsMarkdown(rows)),
  );
});
