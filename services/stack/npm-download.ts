/** Downloads the Maven files listed on standard input as {into, repository, files}; a process of its own, ended by exit code 1. */
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import mavenDownload from 'mvn-artifact-download';
import type { MavenFile } from './artefacts.ts';

const CONCURRENT = 6;
const IDLE_MS = 60_000;
const ATTEMPTS = 3;
const BACKOFF_MS = 500;

interface Order {
  readonly into: string;
  readonly repository: string | null;
  readonly files: readonly MavenFile[];
}

const { into, repository, files } = JSON.parse(await text(process.stdin)) as Order;
// The library joins paths by mere concatenation.
const mirror = repository === null ? undefined : `${repository.replace(/\/+$/, '')}/`;
const queue = [...files];
try {
  await Promise.all(Array.from({ length: CONCURRENT }, work));
} catch (cause) {
  process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exit(1);
}

async function work(): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    await downloadWithRetries(next);
  }
}

async function downloadWithRetries(file: MavenFile): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await mavenDownload.default(file.coordinate, into, mirror, file.file, { timeout: IDLE_MS });
      return;
    } catch (cause) {
      if (attempt === ATTEMPTS) throw cause;
      await delay(attempt * BACKOFF_MS);
    }
  }
}
