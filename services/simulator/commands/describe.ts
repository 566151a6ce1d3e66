import { endDayOf, generateCustomer } from '../../domain/synthetic-bank/generate.ts';
import { emptyTally, measuresOf, tallyCustomer } from '../../domain/synthetic-bank/measure.ts';
import type { Command, CommandResult, Flags } from '../arguments.ts';
import { hardnessProblems, measureHardness } from '../hardness/measure.ts';
import { hardnessRows } from '../hardness/rows.ts';
import { type ParametersFile, readParameters } from '../parameters-file.ts';
import { createProgress } from '../progress.ts';
import { readSyntheticFlags, SYNTHETIC_FLAGS, type SyntheticFlags } from '../synthetic-flags.ts';

/** Measures the bank as it is made; it needs no database, since the run-time role may not read the truth. */
export const describeCommand: Command = {
  name: 'describe',
  about: 'make a synthetic bank in memory and measure it: base rate, unannounced misses, events, volume',
  flags: [
    ...SYNTHETIC_FLAGS,
    {
      name: 'hardness',
      about:
        'instead: whether it is fair and hard (oracle, single features, permuted labels, ids); take 24 months or more',
      value: null,
    },
    { name: 'continuations', about: "of the oracle's, a row, with --hardness (default 256)", value: 'K' },
  ],
  async run(flags: Flags) {
    const request = readSyntheticFlags(flags);
    const file = await readParameters(request.parametersPath);
    return flags.isSet('hardness') ? hardness(flags, request, file) : measures(request, file);
  },
};

function measures({ customers, months, seed }: SyntheticFlags, { parameters, sha256 }: ParametersFile): CommandResult {
  const progress = createProgress();
  const tally = emptyTally();
  const endDay = endDayOf(parameters, months);
  for (let index = 0; index < customers; index++) {
    tallyCustomer(tally, generateCustomer(parameters, { seed, index, months }), endDay);
    progress.show(`measuring: ${index + 1} of ${customers} customers`);
  }
  const facts = { seed, months, parameters_sha256: sha256, ...snakeCased(measuresOf(tally)) };
  return { json: facts, summary: textOf(facts) };
}

function hardness(
  flags: Flags,
  { customers, months, seed }: SyntheticFlags,
  { parameters, sha256 }: ParametersFile,
): CommandResult {
  const continuations = flags.integer('continuations', { min: 2, max: 65_536, default: 256 });
  const progress = createProgress();
  const rows = hardnessRows(parameters, {
    seed,
    customers,
    months,
    continuations,
    progress: (done) => progress.show(`hardness: ${done} of ${customers} customers`),
  });
  const measured = measureHardness(rows, seed);
  const problems = hardnessProblems(measured);
  const { reliability, singles, clues, ...numbers } = measured;
  const facts = { seed, months, continuations, parameters_sha256: sha256, ...snakeCased(numbers) };
  const json = {
    ...facts,
    reliability,
    singles: singles.map(({ feature, auc, shareOfLift }) => ({ feature, auc, share_of_lift: shareOfLift })),
    clues,
    fair_and_hard: problems.length === 0,
    problems,
  };
  const best = singles
    .slice(0, 5)
    .map((one) => [one.feature, `AUC ${rounded(one.auc)}, ${rounded(one.shareOfLift)} of the lift`]);
  const verdict = problems.length === 0 ? 'fair and hard' : problems.join('; ');
  return { json, summary: textOf({ ...facts, ...Object.fromEntries(best), verdict }) };
}

function snakeCased(values: object): Record<string, number> {
  const name = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [name(key), rounded(value as number)]));
}

function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(5));
}

function textOf(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key.padEnd(38)} ${value}`)
    .join('\n');
}
