/** A service whose behaviour run-service.test.ts chooses by environment. */
import type { EnvReader } from '../config/env.ts';
import { crashPoint } from './crash-point.ts';
import { runService } from './run-service.ts';
import type { ServiceScope } from './scope.ts';

const readFixtureConfig = (env: EnvReader) => ({
  mode: env.oneOf('FIXTURE_MODE', ['plain', 'hang-release', 'fail-build', 'slow-build', 'fatal', 'reject', 'crash'], {
    about: 'what to do',
    default: 'plain',
  }),
  secret: env.secret('FIXTURE_SECRET', { about: 'a secret' }),
});

const forever = (): Promise<void> => new Promise(() => undefined);

async function build(scope: ServiceScope, config: ReturnType<typeof readFixtureConfig>): Promise<void> {
  const note = (event: string) => () => scope.log.info({ event });
  setInterval(() => undefined, 1_000_000);
  await scope.acquire('first', () => 1, note('released-first'));
  await scope.acquire('second', () => 2, config.mode === 'hang-release' ? forever : note('released-second'));
  scope.announce({ rpcPort: 4242 });
  scope.readiness('peer', () => (config.mode === 'fatal' ? 'away' : null));
  switch (config.mode) {
    case 'fail-build':
      throw new Error('no such model');
    case 'slow-build':
      scope.log.info({ event: 'building' });
      await new Promise<void>((resolve) => scope.signal.addEventListener('abort', () => resolve()));
      await scope.acquire('third', () => 3, note('released-third'));
      return;
    case 'fatal':
      setImmediate(() => scope.fatal(new Error('consumer died')));
      return;
    case 'reject':
      setImmediate(() => void Promise.reject(new Error('nobody caught me')));
      return;
    case 'crash':
      for (let passing = 1; passing <= 3; passing++) {
        scope.log.info({ event: 'passing', passing });
        crashPoint('mid-loop');
      }
  }
}

await runService('fixture', readFixtureConfig, build);
