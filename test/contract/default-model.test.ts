/** The command and the scoring service begin with the same model: the one that is in the repository. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { modelDirectory } from '../../services/cli/model-folders.ts';
import { DEFAULT_MODEL_DIR } from '../../services/scoring/config.ts';

const ROOT = join(import.meta.dirname, '..', '..');

test('one default model for the command and the service, and it is there', () => {
  vi.stubEnv('PDE_MODEL_DIR', undefined);
  expect(modelDirectory(ROOT)).toBe(join(ROOT, DEFAULT_MODEL_DIR));
  expect(existsSync(join(ROOT, DEFAULT_MODEL_DIR, 'manifest.json'))).toBe(true);
  vi.unstubAllEnvs();
});
