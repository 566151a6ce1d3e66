import type { LogLevel } from '../platform/config/settings.ts';
import type { Log, LogFields } from '../platform/kafka/log.ts';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

/** One JSON line an event, on stderr: stdout is the command's answer. */
export function stderrLog(least: LogLevel): Log {
  const write =
    (level: LogLevel) =>
    ({ cause, ...fields }: LogFields): void => {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
      const reason = cause instanceof Error ? { cause: cause.message } : {};
      process.stderr.write(`${JSON.stringify({ level, service: 'simulator', ...fields, ...reason })}\n`);
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
