import { endDayOf, generateCustomer } from '../../domain/synthetic-bank/generate.ts';
import { emptyTally, measuresOf, tallyCustomer } from '../../domain/synthetic-bank/measure.ts';
import type { Command, Flags } from '../arguments.ts';
import { readParameters } from '../parameters-file.ts';
import { createProgress } from '../progress.ts';
import { readSyntheticFlags, SYNTHETIC_FLAGS } from '../synthetic-flags.ts';

/** Measures the bank as it is made; it needs no database, since the run-time role may not read the truth. */
export const describeCommand: Command = {
  name: 'describe',
  about: 'make a synthetic bank in memory and measure it: base rate, unannounced misses, events, volume',
  flags: SYNTHETIC_FLAGS,
  async run(flags: Flags) {
    const { customers, months, seed, parametersPath } = readSyntheticFlags(flags);
    const { parameters, sha256 } = await readParameters(parametersPath);
    const progress = createProgress();
    const tally = emptyTally();
    const endDay = endDayOf(parameters, months);
    for (let index = 0; index < customers; index++) {
      tallyCustomer(tally, generateCustomer(parameters, { seed, index, months }), endDay);
      progress.show(`measuring: ${index + 1} of ${customers} customers`);
    }
    const measures = measuresOf(tally);
    const facts = { seed, months, parameters_sha256: sha256 };
    return { json: { ...facts, ...snakeCased(measures) }, summary: textOf({ ...facts, ...snakeCased(measures) }) };
  },
};

function snakeCased(values: object): Record<string, number> {
  const name = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [name(key), rounded(value as number)]));
}

function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(5));
}

function textOf(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key.padEnd(34)} ${value}`)
    .join('\n');
}
