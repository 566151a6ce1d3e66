/**
 * One owner for a state directory. The lock is a file that names its owner and the owner's guardian; it is stale once both have
 * ended, and then whatever the dead owner left running is stopped before the directory changes hands.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endProcesses } from './end-processes.ts';
import { StackError } from './errors.ts';
import type { GuardedProcess } from './guardian-protocol.ts';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';

interface LockRecord {
  readonly owner: ProcessIdentity;
  /** Wall clock, for people. */
  readonly since: string;
  readonly guardian: ProcessIdentity | null;
  readonly processes: readonly GuardedProcess[];
}

/** A held lock. What it writes down is what a later owner cleans up, should this one and its guardian both be killed. */
export interface StateLock {
  record(guardian: ProcessIdentity | null, processes: readonly GuardedProcess[]): void;
  release(): void;
}

const GUARDIAN_WAIT_MS = 15_000;
const LOOK_EVERY_MS = 50;
const LEFTOVER_GRACE_MS = 4_000;

/**
 * Takes the state directory (made if there is none). A dead owner's guardian is waited for, and its leftovers are ended.
 * Throws StackError, in one line, where a live process owns it.
 */
export async function lockState(
  stateDir: string,
  me: ProcessIdentity | null = identify(process.pid),
): Promise<StateLock> {
  if (me === null) throw new StackError('cannot tell when this process started, so it cannot own a state directory');
  mkdirSync(stateDir, { recursive: true });
  const file = join(stateDir, 'owner.json');
  const mine: LockRecord = { owner: me, since: new Date().toISOString(), guardian: null, processes: [] };
  while (!takeFile(file, mine)) {
    const theirs = readLock(file);
    if (theirs === null) continue;
    if (isAlive(theirs.owner)) throw inUse(stateDir, theirs);
    await outlast(stateDir, theirs);
    discard(file, theirs);
  }
  return {
    record: (guardian, processes) => replaceFile(file, { ...mine, guardian, processes }),
    release: () => rmSync(file, { force: true }),
  };
}

/** Throws StackError where a live process owns the directory or still cleans it up; used before a state directory is removed. */
export function assertUnowned(stateDir: string): void {
  const theirs = readLock(join(stateDir, 'owner.json'));
  if (theirs === null) return;
  if (isAlive(theirs.owner) || (theirs.guardian !== null && isAlive(theirs.guardian))) throw inUse(stateDir, theirs);
}

function inUse(stateDir: string, lock: LockRecord): StackError {
  return new StackError(
    `${stateDir} is in use by process ${lock.owner.pid} since ${lock.since}: stop that first, or use another directory`,
  );
}

async function outlast(stateDir: string, dead: LockRecord): Promise<void> {
  const guardian = dead.guardian;
  const deadline = performance.now() + GUARDIAN_WAIT_MS;
  while (guardian !== null && isAlive(guardian)) {
    if (performance.now() > deadline) throw inUse(stateDir, dead);
    await delay(LOOK_EVERY_MS);
  }
  await endProcesses(dead.processes, LEFTOVER_GRACE_MS);
}

// A link never replaces: of two takers one sees EEXIST. The content is complete before the name appears.
function takeFile(file: string, record: LockRecord): boolean {
  const draft = writeDraft(file, record);
  try {
    linkSync(draft, file);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  } finally {
    rmSync(draft, { force: true });
  }
}

function replaceFile(file: string, record: LockRecord): void {
  renameSync(writeDraft(file, record), file);
}

function writeDraft(file: string, record: LockRecord): string {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(record), { mode: 0o600 });
  return draft;
}

function readLock(file: string): LockRecord | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LockRecord;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cause;
  }
}

// Moves the stale lock aside; where another taker was quicker and it was theirs that moved, it is put back.
function discard(file: string, stale: LockRecord): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw cause;
  }
  const moved = readLock(aside);
  if (moved !== null && JSON.stringify(moved.owner) !== JSON.stringify(stale.owner)) linkSync(aside, file);
  rmSync(aside, { force: true });
}
