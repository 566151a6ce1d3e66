/**
 * The cache of fetched files, addressed by name and checked by SHA-256 before a file gets its place:
 *
 *   incoming/   where a person may put files by hand; what has the right content is moved to files/
 *   files/      complete and verified, never written in place
 *   work/       downloads under way, one folder per process
 *
 * Two processes that fetch at once each download for themselves; the rename decides, and both have the same bytes.
 */
import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PinnedFile } from './artefacts.ts';
import { StackError } from './errors.ts';
import { sha256Of, workDirectory } from './files.ts';

/** Downloads the wanted files into a folder under their own names; may leave some out, may throw. */
export type Downloader<F extends PinnedFile> = (wanted: readonly F[], into: string) => Promise<void>;

export interface Cache {
  readonly directory: string;
  /** Where files may be put by hand. */
  readonly incoming: string;
  /** Parent of downloads under way. */
  readonly work: string;
  /** The place of a file, there or not. */
  pathOf(file: PinnedFile): string;
  /** Those that are not there yet, after whatever lies in incoming/ was taken in. */
  missing<F extends PinnedFile>(files: readonly F[]): Promise<readonly F[]>;
  /** Downloads and verifies the missing ones. Throws StackError naming the first that is still missing or wrong. */
  fetch<F extends PinnedFile>(files: readonly F[], download: Downloader<F>): Promise<void>;
}

export function createCache(directory: string): Cache {
  const incoming = join(directory, 'incoming');
  const work = join(directory, 'work');
  const pathOf = (file: PinnedFile) => join(directory, 'files', file.file);

  async function missing<F extends PinnedFile>(files: readonly F[]): Promise<readonly F[]> {
    const absent: F[] = [];
    for (const file of files) {
      if (!(await hasSize(pathOf(file), file.bytes)) && !(await takeIn(file))) absent.push(file);
    }
    return absent;
  }

  // Copied first: what a person put there may lie on another file system, and is theirs.
  async function takeIn(file: PinnedFile): Promise<boolean> {
    const given = join(incoming, file.file);
    if (!(await hasSize(given, file.bytes)) || (await sha256Of(given)) !== file.sha256) return false;
    const folder = await workDirectory(work);
    await copyFile(given, join(folder, file.file));
    const taken = await accept(file, folder);
    await rm(folder, { recursive: true, force: true });
    return taken;
  }

  async function accept(file: PinnedFile, folder: string): Promise<boolean> {
    const draft = join(folder, file.file);
    if (!(await hasSize(draft, file.bytes)) || (await sha256Of(draft)) !== file.sha256) return false;
    await mkdir(join(directory, 'files'), { recursive: true });
    await rename(draft, pathOf(file));
    return true;
  }

  /** The first file's refusal, or null. */
  async function acceptAll(files: readonly PinnedFile[], folder: string): Promise<StackError | null> {
    let refused: StackError | null = null;
    for (const file of files) if (!(await accept(file, folder))) refused ??= await refusal(file, folder);
    return refused;
  }

  return {
    directory,
    incoming,
    work,
    pathOf,
    missing,
    async fetch(files, download) {
      const wanted = await missing(files);
      if (wanted.length === 0) return;
      const folder = await workDirectory(work);
      try {
        await download(wanted, folder);
      } catch (cause) {
        // What did arrive whole need not be fetched again.
        await acceptAll(wanted, folder);
        await rm(folder, { recursive: true, force: true });
        throw cause;
      }
      const refused = await acceptAll(wanted, folder);
      await rm(folder, { recursive: true, force: true });
      if (refused !== null) throw refused;
    },
  };
}

async function hasSize(path: string, bytes: number): Promise<boolean> {
  return (await sizeOf(path)) === bytes;
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    (found) => found.size,
    () => null,
  );
}

async function refusal(file: PinnedFile, folder: string): Promise<StackError> {
  const size = await sizeOf(join(folder, file.file));
  if (size === null) return new StackError(`${file.file} was not downloaded`);
  if (size !== file.bytes) return new StackError(`${file.file} has ${size} bytes instead of ${file.bytes}`);
  return new StackError(`${file.file} does not have the SHA-256 ${file.sha256} that it should have`);
}
