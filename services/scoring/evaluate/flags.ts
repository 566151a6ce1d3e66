/** Flags of the evaluations; what is wrong with one is a usage error that names it. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { EvaluationError } from './error.ts';

/** Flags that every evaluation has. */
export const COMMON_FLAGS = {
  model: { type: 'string' },
  samples: { type: 'string', default: '1000' },
  'bootstrap-seed': { type: 'string', default: '1' },
  help: { type: 'boolean', default: false },
} as const;

/** @throws EvaluationError for a flag that is not known */
export function parseFlags<O extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (cause) {
    throw new EvaluationError(cause instanceof Error ? cause.message : String(cause), { isUsage: true, cause });
  }
}

/** @throws EvaluationError where it was not given */
export function required<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw new EvaluationError(`--${name} is missing`, { isUsage: true });
  return value;
}

/** @throws EvaluationError for anything but a whole number from `least` */
export function wholeNumber(name: string, text: string, least: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new EvaluationError(`--${name} is ${text}: expected a whole number from ${least}`, { isUsage: true });
}
