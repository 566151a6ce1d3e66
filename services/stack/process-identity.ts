/**
 * Who a process is: its pid together with the moment it started, because a pid alone may have been given to another since.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A process as it was when it was written down. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque: equal only for the same process on the same boot. */
  readonly startedAt: string;
}

/** When the process of this pid started, or null where there is none (a zombie counts as none). */
export function startOf(pid: number): string | null {
  return process.platform === 'linux' ? startOnLinux(pid) : startByPs(pid);
}

/** The identity of a live process, or null where it has ended. */
export function identify(pid: number): ProcessIdentity | null {
  const startedAt = startOf(pid);
  return startedAt === null ? null : { pid, startedAt };
}

/** Whether exactly this process, not a later one under its pid, is still running. */
export function isAlive(identity: ProcessIdentity): boolean {
  return startOf(identity.pid) === identity.startedAt;
}

/** Whether the process of this pid has ended and waits for its parent to collect it: until then the pid answers signals. */
export function isZombie(pid: number): boolean {
  return startOf(pid) === null && trySignal(pid, 0);
}

/**
 * The processes that were started with this variable in their environment, as far as this user may look. On Linux only: elsewhere
 * none is found.
 */
export function findByVariable(name: string, value: string): readonly ProcessIdentity[] {
  if (process.platform !== 'linux') return [];
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids
    .filter((pid) => environmentOf(pid).includes(`${name}=${value}`))
    .flatMap((pid) => identify(Number(pid)) ?? []);
}

function environmentOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Signals the process if it still is the one written down; says whether it was. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  return isAlive(identity) && trySignal(identity.pid, signal);
}

/** Signals every member of the process group that this leader founded, also just after the leader itself has ended. */
export function signalGroup(leaderPid: number, signal: NodeJS.Signals): boolean {
  return trySignal(-leaderPid, signal);
}

function trySignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

// proc(5): field 22 is the start in ticks since boot; the name in field 2 may hold spaces and parentheses.
function startOnLinux(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : `${bootId()}/${fields[19]}`;
  } catch {
    return null;
  }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function startByPs(pid: number): string | null {
  try {
    const row = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return row === '' || row.startsWith('Z') ? null : row.slice(row.indexOf(' ')).trim();
  } catch {
    return null;
  }
}
