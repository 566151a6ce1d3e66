import { describe, expect, it } from 'vitest';
import { readStackSettings } from './settings.ts';

describe('readStackSettings', () => {
  it('has a default for everything', () => {
    expect(readStackSettings({ HOME: '/home/ann' })).toMatchObject({
      cacheDir: '/home/ann/.cache/pde',
      useMachineJava: true,
      useMachineMaven: true,
      mavenRepository: null,
      postgresUser: 'postgres',
    });
  });

  it('honours XDG_CACHE_HOME, and PDE_CACHE_DIR before it', () => {
    expect(readStackSettings({ XDG_CACHE_HOME: '/x' }).cacheDir).toBe('/x/pde');
    expect(readStackSettings({ XDG_CACHE_HOME: '/x', PDE_CACHE_DIR: '/y' }).cacheDir).toBe('/y');
  });

  it('reports every problem at once', () => {
    const wrong = { PDE_JAVA: 'no', PDE_CACHE_DIR: 'relative', PDE_MAVEN_REPOSITORY: 'not a url' };
    expect(() => readStackSettings(wrong)).toThrow(
      /PDE_JAVA must be on or off.*PDE_CACHE_DIR must be.*PDE_MAVEN_REPOSITORY must be/,
    );
  });
});
