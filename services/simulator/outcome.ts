import { ConfigError } from '../platform/config/env.ts';
import { CommandError, UsageError } from './usage-error.ts';

/** 2: wrong usage; 78: wrong configuration; 1: anything else. */
export function exitCodeOf(cause: unknown): number {
  if (cause instanceof UsageError) return 2;
  return cause instanceof ConfigError ? 78 : 1;
}

/** What to tell a person: one line where the fault is known, else with the stack. */
export function problemOf(cause: unknown): string {
  if (cause instanceof UsageError || cause instanceof ConfigError || cause instanceof CommandError)
    return cause.message;
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
