/** Runs a command to its end: initdb, Kafka's format, Maven, pip. */
import { signalGroup } from './process-identity.ts';
import type { Roster } from './supervisor.ts';

export interface ToolOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Default: this process's environment, since the user's own settings (mirrors, proxies) are meant for such tools. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** Written to its standard input, which is then closed. */
  readonly input?: string;
  /** Kills it when aborted. */
  readonly signal?: AbortSignal | undefined;
  readonly onLine?: (line: string) => void;
}

export interface ToolResult {
  /** Null where it was killed or never started. */
  readonly code: number | null;
  /** Standard output and error as they came, at most their last 64 KiB. */
  readonly output: string;
  readonly error: Error | null;
}

const KEPT_CHARACTERS = 65_536;

/** Resolves at its end, whatever the code; never rejects. */
export function runTool(o: ToolOptions, roster: Roster): Promise<ToolResult> {
  return new Promise((resolve) => {
    const options = { cwd: o.cwd ?? '/', env: o.env ?? process.env, ...o.user };
    const child = roster.spawn(o.command, o.args, options, { name: o.name, stopSignal: 'SIGKILL', stopRank: 0 });
    const { pid, stdin, stdout, stderr } = child;
    const kill = () => pid !== undefined && signalGroup(pid, 'SIGKILL');
    o.signal?.addEventListener('abort', kill, { once: true });
    let output = '';
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-KEPT_CHARACTERS);
      for (const line of chunk.toString('utf8').split('\n')) if (line.trim() !== '') o.onLine?.(line.trim());
    };
    stdout?.on('data', keep);
    stderr?.on('data', keep);
    stdin?.on('error', () => {});
    stdin?.end(o.input ?? '');
    const finish = (code: number | null, error: Error | null) => {
      o.signal?.removeEventListener('abort', kill);
      if (pid !== undefined) roster.leave(pid);
      resolve({ code, output, error });
    };
    child.once('error', (error) => pid === undefined && finish(null, error));
    child.once('exit', kill);
    child.once('close', (code) => finish(code, null));
  });
}
