/** A line on stderr that is written over where a person looks on, and now and then where a file does. */
export interface Progress {
  /** Shows the text, at most a few times a second. */
  show(text: string): void;
  /** Shows the text for good. */
  end(text: string): void;
}

const TERMINAL_MS = 150;
const FILE_MS = 2_000;

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const everyMs = stream.isTTY ? TERMINAL_MS : FILE_MS;
  let lastMs = Number.NEGATIVE_INFINITY;
  const write = (text: string, end: boolean): void => {
    if (stream.isTTY) stream.write(`\r\x1b[2K${text}${end ? '\n' : ''}`);
    else stream.write(`${text}\n`);
  };
  return {
    show(text) {
      const nowMs = performance.now();
      if (nowMs - lastMs < everyMs) return;
      lastMs = nowMs;
      write(text, false);
    },
    end: (text) => write(text, true),
  };
}
