/**
 * Wall clocks that can be moved while a process runs, by libfaketime: the library is preloaded and reads the offset from a file. The
 * monotonic clock is left alone, as a jump of a real clock leaves it.
 *
 * The library is the machine's (Debian's package libfaketime, say), else the one in a Python wheel, fetched once by pip into the
 * stack's cache and checked by its SHA-256.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createCache } from '../../services/stack/cache.ts';
import { readStackSettings } from '../../services/stack/settings.ts';
import { unzip } from '../../services/stack/unzip.ts';
import { NotOfferedError } from './fault.ts';

export interface Clock {
  /** Preloads the library into a process and tells it this clock's file. */
  readonly env: Readonly<Record<string, string>>;
  /** The process's wall clock stands that far from the true one, from within a second on. */
  set(offsetMs: number): Promise<void>;
}

const WHEEL = {
  file: 'libfaketime-3.0.1-py3-none-any.whl',
  bytes: 92_987,
  sha256: '5eed7c17f3d4ba0f6f828de4975f69a622b06b1e792674e6c1b069c0689fab79',
};
const IN_WHEEL = 'libfaketime/vendor/libfaketime/src/libfaketime.so.1';
const INSTALLED = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((arch) => `/usr/lib/${arch}/faketime/libfaketime.so.1`);

/** Puts the library into `directory`, for every user to read. @returns its path @throws NotOfferedError that says why there is none */
export async function provideFaketime(directory: string): Promise<string> {
  const library = join(directory, 'libfaketime.so.1');
  if (existsSync(library)) return library;
  await copyFile(INSTALLED.find((path) => existsSync(path)) ?? (await fromWheel(directory)), library);
  await chmod(library, 0o644);
  return library;
}

/** A clock of one process, whose file lies in `directory`. */
export async function createClock(directory: string, library: string, name: string): Promise<Clock> {
  const file = join(directory, `clock-${name}`);
  const set = async (offsetMs: number) => {
    // Renamed into place: nobody reads half of it.
    await writeFile(`${file}.new`, `${offsetMs < 0 ? '-' : '+'}${Math.abs(offsetMs) / 1000}s\n`, { mode: 0o644 });
    await rename(`${file}.new`, file);
  };
  await set(0);
  const env = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
    // Else it shifts what a condition variable on the monotonic clock waits for: a JVM's waits end at once, or never.
    FAKETIME_FORCE_MONOTONIC_FIX: '0',
  };
  return { env, set };
}

async function fromWheel(directory: string): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  if (platform !== 'linux-x64')
    throw new NotOfferedError(`libfaketime is not installed, and there is no wheel for ${platform}`);
  const cache = createCache(readStackSettings(process.env).cacheDir);
  const into = await mkdtemp(join(directory, 'faketime-'));
  try {
    await cache.fetch([WHEEL], async (_, folder) => {
      const flags = ['--quiet', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '--no-input'];
      await promisify(execFile)('pip', ['download', ...flags, '--dest', folder, 'libfaketime==3.0.1']);
    });
    await unzip(cache.pathOf(WHEEL), into);
    const library = join(directory, 'libfaketime.wheel.so.1');
    await copyFile(join(into, IN_WHEEL), library);
    return library;
  } catch (cause) {
    throw new NotOfferedError(
      `libfaketime is not installed, and pip did not bring it: ${(cause as Error).message.split('\n')[0]}`,
    );
  } finally {
    await rm(into, { recursive: true, force: true });
  }
}
