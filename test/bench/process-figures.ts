/**
 * Processor time and peak memory of a process, or of a process with all its children, from Linux's /proc. Time of children that
 * have ended counts with the parent that waited for them.
 */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessFigures {
  readonly cpuS: number;
  /**
   * VmHWM, the most that was resident at once, since the process began. Of several: the sum of what each had beside the memory
   * that they share, and the most that one of them had of that.
   */
  readonly peakMb: number;
}

/** Clock ticks a second of /proc's times: 100 on every Linux that Node runs on. */
const TICKS = 100;
const MB = 1024;

/** @throws Error where there is no such process */
export function figuresOf(pid: number, withChildren = false): ProcessFigures {
  const pids = withChildren ? [pid, ...childrenOf(pid)] : [pid];
  const seen = pids.flatMap((one) => {
    const found = readOne(one);
    return found === null ? [] : [found];
  });
  if (seen.length === 0) throw new Error(`there is no process ${pid}`);
  const sum = (get: (one: Seen) => number): number => seen.reduce((total, one) => total + get(one), 0);
  const shared = Math.max(...seen.map((one) => one.sharedKb));
  return { cpuS: sum((one) => one.ticks) / TICKS, peakMb: (sum((one) => one.peakKb - one.sharedKb) + shared) / MB };
}

/** What was used between two looks; the peak is the later one's. */
export function usedBetween(before: ProcessFigures, after: ProcessFigures): ProcessFigures {
  return { cpuS: after.cpuS - before.cpuS, peakMb: after.peakMb };
}

interface Seen {
  readonly ticks: number;
  readonly peakKb: number;
  readonly sharedKb: number;
}

/** Null where it has ended. */
function readOne(pid: number): Seen | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
    // utime, stime, and both of the children that were waited for.
    const [utime, stime, cutime, cstime] = fieldsOf(pid).slice(11, 15).map(Number);
    return { ticks: utime! + stime! + cutime! + cstime!, peakKb: kb('VmHWM'), sharedKb: kb('RssShmem') };
  } catch (cause) {
    if (isGone(cause)) return null;
    throw cause;
  }
}

/** Fields of /proc/PID/stat after the name, which may hold anything: state, parent, … */
function fieldsOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function childrenOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      parents.set(Number(name), Number(fieldsOf(Number(name))[1]));
    } catch (cause) {
      if (!isGone(cause)) throw cause;
    }
  }
  const descends = (one: number): boolean => {
    for (let at = parents.get(one); at !== undefined && at > 1; at = parents.get(at)) if (at === pid) return true;
    return false;
  };
  return [...parents.keys()].filter(descends);
}

function isGone(cause: unknown): boolean {
  const { code } = cause as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH';
}
