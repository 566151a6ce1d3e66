/**
 * Progress for a person: on a terminal one line that is rewritten, elsewhere a line now and then. Always on standard error, so
 * that standard output stays for a program.
 */

export interface Progress {
  /** A step that began, on a line of its own. */
  step(text: string): void;
  /** The state of the step under way. */
  update(text: string): void;
  /** Ends the line being rewritten. */
  done(): void;
}

const QUIET_MS = 5_000;

export function createProgress(out: NodeJS.WriteStream, nowMs: () => number): Progress {
  const startedMs = nowMs();
  const isTerminal = out.isTTY === true;
  let rewriting = false;
  let lastMs = 0;
  const stamp = () => `[${((nowMs() - startedMs) / 1000).toFixed(1).padStart(6)} s]`;
  const endLine = () => {
    if (rewriting) out.write('\n');
    rewriting = false;
  };
  return {
    step(text) {
      endLine();
      out.write(`${stamp()} ${text}\n`);
    },
    update(text) {
      if (isTerminal) {
        // A line that wraps could not be rewritten.
        const line = `${stamp()} ${text}`.slice(0, (out.columns || Number.MAX_SAFE_INTEGER) - 1);
        out.write(`\r\u001b[2K${line}`);
        rewriting = true;
      } else if (nowMs() - lastMs >= QUIET_MS) {
        lastMs = nowMs();
        out.write(`${stamp()} ${text}\n`);
      }
    },
    done: endLine,
  };
}
