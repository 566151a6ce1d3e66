import { DAY_MS } from '../domain/calendar/days.ts';
import { endDayOf } from '../domain/synthetic-bank/generate.ts';
import type { BankParameters } from '../domain/synthetic-bank/parameters.ts';
import type { Flag, Flags } from './arguments.ts';

/** What names a synthetic bank on a command line. */
export interface SyntheticFlags {
  readonly customers: number;
  readonly months: number;
  readonly seed: number;
  /** A file's path or a name that ships with the generator; null: the default parameters. */
  readonly parametersPath: string | null;
}

export const SYNTHETIC_FLAGS: readonly Flag[] = [
  { name: 'customers', about: 'how many customers (default 300)', value: 'N' },
  { name: 'months', about: 'calendar months of data (default 8)', value: 'M' },
  { name: 'seed', about: 'the same seed makes the same bank, to the byte (default 1)', value: 'S' },
  {
    name: 'parameters',
    about: 'another world: a parameters file, or one that ships: default, shift, disparity',
    value: 'FILE',
  },
];

export function readSyntheticFlags(flags: Flags): SyntheticFlags {
  return {
    customers: flags.integer('customers', { min: 1, max: 1_000_000, default: 300 }),
    months: flags.integer('months', { min: 1, max: 120, default: 8 }),
    seed: flags.integer('seed', { min: 0, max: Number.MAX_SAFE_INTEGER, default: 1 }),
    parametersPath: flags.text('parameters'),
  };
}

/** The data of a synthetic bank are complete up to this instant, exclusive: the first midnight, UTC, after the last month. */
export function dataEndMsOf(parameters: BankParameters, months: number): number {
  return endDayOf(parameters, months) * DAY_MS;
}
