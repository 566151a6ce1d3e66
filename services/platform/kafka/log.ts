/** What this room needs of a log; the service's Logger fits. */
export interface Log {
  debug(fields: LogFields): void;
  info(fields: LogFields): void;
  warn(fields: LogFields): void;
  error(fields: LogFields): void;
}

export type LogFields = { readonly event: string; readonly cause?: unknown } & Readonly<Record<string, unknown>>;
