/** Brings everything that is fetched onto the machine: Kafka's jars, the registry, a Java runtime. */
import { join } from 'node:path';
import { ARTEFACTS, type MavenFile } from './artefacts.ts';
import { type Cache, createCache } from './cache.ts';
import { StackError } from './errors.ts';
import { exists, placeDirectory, workDirectory } from './files.ts';
import { findProgram } from './find-program.ts';
import { provideJava } from './java.ts';
import { downloadByMaven, downloadByNpm, type RunTool } from './maven-files.ts';
import type { StackSettings } from './settings.ts';

export interface Provided {
  readonly java: string;
  readonly kafkaJars: readonly string[];
  /** The unpacked registry. */
  readonly registryHome: string;
}

interface Options {
  readonly settings: StackSettings;
  readonly run: RunTool;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Resolves once all is in the cache, verified. Throws StackError, in one line, that says what is missing and where it may be put. */
export async function provideArtefacts(o: Options): Promise<Provided> {
  const cache = createCache(o.settings.cacheDir);
  const [java] = await Promise.all([provideJava({ ...o, cache }), fetchMavenFiles(o, cache)]);
  return {
    java,
    kafkaJars: ARTEFACTS.kafka.jars.map((jar) => cache.pathOf(jar)),
    registryHome: await unpackRegistry(o, cache),
  };
}

async function fetchMavenFiles(o: Options, cache: Cache): Promise<void> {
  const files = [...ARTEFACTS.kafka.jars, ARTEFACTS.registry.archive];
  const wanted = await cache.missing(files);
  if (wanted.length === 0) return;
  const mvn = o.settings.useMachineMaven ? findProgram('mvn', o.settings.path) : null;
  const how = mvn === null ? "npm's mvn-artifact-download" : 'Maven';
  o.log(`fetching ${describe(wanted)} by ${how} into ${cache.directory}, once`);
  const begun = performance.now();
  const progress = setInterval(() => o.log(`still fetching, ${seconds(begun)} s`), 5_000);
  try {
    await fetchOneWayOrTheOther(o, cache, wanted, mvn);
    o.log(`fetched ${wanted.length} files in ${seconds(begun)} s`);
  } catch (cause) {
    if (!(cause instanceof StackError)) throw cause;
    const names =
      wanted.length === 1
        ? wanted[0]!.file
        : `${wanted[0]!.file} and ${wanted.length - 1} more (services/stack/artefacts.json)`;
    throw new StackError(`missing ${names}, and ${cause.message}; they may be put by hand into ${cache.incoming}`, {
      cause,
    });
  } finally {
    clearInterval(progress);
  }
}

// A Maven that cannot (no such plugin in its mirror, no settings) is not the end: the other way may.
async function fetchOneWayOrTheOther(
  o: Options,
  cache: Cache,
  wanted: readonly MavenFile[],
  mvn: string | null,
): Promise<void> {
  const byNpm = downloadByNpm(o.settings.mavenRepository, o.run, o.signal);
  if (mvn === null) return cache.fetch(wanted, byNpm);
  try {
    await cache.fetch(wanted, downloadByMaven(mvn, o.run, o.signal));
  } catch (cause) {
    if (!(cause instanceof StackError) || o.signal?.aborted) throw cause;
    o.log(`${cause.message}; trying npm's mvn-artifact-download`);
    await cache.fetch(wanted, byNpm);
  }
}

async function unpackRegistry(o: Options, cache: Cache): Promise<string> {
  const { archive, version } = ARTEFACTS.registry;
  const home = join(cache.directory, `apicurio-registry-${version}-${archive.sha256.slice(0, 8)}`);
  if (await exists(home)) return home;
  o.log(`unpacking the registry ${version}`);
  const tar = findProgram('tar', o.settings.path);
  if (tar === null) throw new StackError('install tar: it is needed once to unpack the registry');
  const work = await workDirectory(cache.work);
  const args = ['-xzf', cache.pathOf(archive), '-C', work];
  const { code, output } = await o.run({ name: 'tar', command: tar, args, signal: o.signal });
  if (code !== 0) throw new StackError(`the registry could not be unpacked: ${output.trim().split('\n').at(-1)}`);
  return placeDirectory(work, home);
}

function describe(wanted: readonly MavenFile[]): string {
  const megabytes = Math.round(wanted.reduce((sum, file) => sum + file.bytes, 0) / 1e6);
  const { kafka, registry } = ARTEFACTS;
  return `Kafka ${kafka.version} and Apicurio Registry ${registry.version} (${wanted.length} files, ${megabytes} MB)`;
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(0);
}
