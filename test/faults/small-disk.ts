/**
 * A folder on a file system of its own, small enough to be filled: a tmpfs. Filling writes a ballast file until there is no byte left;
 * whoever writes beside it finds the disk full.
 */
import { execFile, execFileSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NotOfferedError } from './fault.ts';

export interface SmallDisk {
  /** Not a byte is left, until free(). */
  fill(): void;
  free(): Promise<void>;
  /** What lies on it is gone. */
  unmount(): void;
}

const BALLAST = 'ballast';
const PIECES = [16_777_216, 65_536, 4_096].map((bytes) => Buffer.alloc(bytes));

/** Mounts it on the folder, which is made. @throws NotOfferedError that says why this machine does not let us */
export async function mountSmallDisk(folder: string, megabytes: number): Promise<SmallDisk> {
  await mkdir(folder, { recursive: true });
  await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', folder]).catch(
    (cause: Error & { stderr?: string }) => {
      throw new NotOfferedError(
        `no small file system can be mounted: ${(cause.stderr || cause.message).trim().split('\n')[0]}`,
      );
    },
  );
  let mounted = true;
  const unmount = () => {
    if (!mounted) return;
    mounted = false;
    execFileSync('umount', [folder]);
  };
  // Whatever ends us: a mount outlives its processes.
  process.once('exit', unmount);
  const ballast = join(folder, BALLAST);
  return {
    fill: () => writeUntilFull(ballast),
    free: () => rm(ballast, { force: true }),
    unmount() {
      process.off('exit', unmount);
      unmount();
    },
  };
}

function writeUntilFull(file: string): void {
  const descriptor = openSync(file, 'a', 0o600);
  try {
    for (const piece of PIECES) while (isWritten(descriptor, piece));
  } finally {
    closeSync(descriptor);
  }
}

function isWritten(descriptor: number, piece: Buffer): boolean {
  try {
    return writeSync(descriptor, piece) > 0;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw cause;
  }
}
