/** JSON logs, one line an event, to stdout. Personal data does not belong in them: pass messages through redact(). */
import { type DestinationStream, destination, pino, stdSerializers } from 'pino';
import type { LogLevel } from '../config/settings.ts';

/** One line. `event` names what happened in kebab-case; `cause` is serialised as an error, with its own cause. */
export type LogFields = { readonly event: string; readonly cause?: unknown } & Readonly<Record<string, unknown>>;

export interface Logger {
  debug(fields: LogFields): void;
  info(fields: LogFields): void;
  warn(fields: LogFields): void;
  error(fields: LogFields): void;
  fatal(fields: LogFields): void;
  /** The same log with fields on every line. */
  child(fields: Readonly<Record<string, unknown>>): Logger;
}

/**
 * A log whose lines carry `service`, `level`, `time` (ISO 8601, UTC) and the fields.
 *
 * @param stream where lines go; stdout by default, written synchronously so that a kill loses none.
 */
export function createLogger(service: string, level: LogLevel, stream?: DestinationStream): Logger {
  return wrap(
    pino(
      {
        level,
        base: { service },
        timestamp: () => `,"time":"${new Date().toISOString()}"`,
        formatters: { level: (label) => ({ level: label }) },
        serializers: { cause: stdSerializers.errWithCause },
      },
      stream ?? destination({ fd: 1, sync: true }),
    ),
  );
}

/** A log that writes nothing, for tests. */
export function createSilentLogger(): Logger {
  return createLogger('silent', 'silent', { write: () => undefined });
}

function wrap(log: ReturnType<typeof pino>): Logger {
  return {
    debug: (fields) => log.debug(fields),
    info: (fields) => log.info(fields),
    warn: (fields) => log.warn(fields),
    error: (fields) => log.error(fields),
    fatal: (fields) => log.fatal(fields),
    child: (fields) => wrap(log.child(fields)),
  };
}
