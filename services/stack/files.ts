/** File operations that leave either the whole or nothing. */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { identify } from './process-identity.ts';

/** Whether something is there under this path. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** SHA-256 of a file's bytes, in lower-case hex. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Writes the whole file under another name and renames it: a reader sees the old content or the new. */
export async function writeWhole(file: string, text: string, mode = 0o600): Promise<void> {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, text, { mode });
  await rename(draft, file);
}

/**
 * Renames a complete directory into place. Where another process was quicker its result stands, and ours is removed.
 * Returns the place.
 */
export async function placeDirectory(complete: string, place: string): Promise<string> {
  try {
    await rename(complete, place);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw cause;
    await rm(complete, { recursive: true, force: true });
  }
  return place;
}

/** A fresh working directory under `parent`, on the same file system as its results; leftovers of ended processes are removed. */
export async function workDirectory(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const pid = Number(name.split('-')[0]);
    if (pid !== process.pid && identify(pid) === null) await rm(join(parent, name), { recursive: true, force: true });
  }
  const mine = join(parent, `${process.pid}-${randomBytes(6).toString('hex')}`);
  await mkdir(mine);
  return mine;
}
