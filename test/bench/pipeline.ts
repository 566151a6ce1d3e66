/**
 * `npm run bench:pipeline -- --json`: transactions a second from produce to decided, of the whole engine on this machine, beside a
 * plain Kafka-to-PostgreSQL copier over the same log. README.md says how both are run and what the copier does.
 */
import { parseArgs } from 'node:util';
import type { Copied } from './copier.ts';
import { type EngineRun, measureCopier, measureEngine } from './pipeline-measure.ts';
import { describeMachine, describeVersions, startRig } from './rig.ts';

const NOT_MEASURED = [
  'several machines: everything shares this one, the simulator that produces included, whereas nobody produces while the copier runs for copier_transactions_per_s',
  'a network between the parts',
  'reads by callers (REST, RPC, the dashboard) while the stream runs',
  'customers that are not in memory, and a ledger of years: see bench:growth',
  'the copier refuses nothing, looks for no duplicates and cannot be fenced: it is the least that a consumer can do',
];

const HELP = `bench:pipeline: transactions a second from produce to decided, beside a plain Kafka-to-PostgreSQL copier

  --json           the result as JSON on standard output
  --seconds N      how long is produced flat out, 5 to 600 (default 60); the clock runs until all of it is decided
  --customers N    customers of the synthetic bank, 100 to 100000 (default 2000): they have to fill the time
  --months N       its months, 1 to 60 (default 8)
  --profile DIR    writes a V8 CPU profile of features, scoring and interventions there; the run is slower for it
`;

/** Withdrawals a customer makes a month: a fourth of the transactions then triggers; of the bank as it is, a fifth does. */
const CASH_PER_MONTH = 7;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '60' },
    customers: { type: 'string', default: '2000' },
    months: { type: 'string', default: '8' },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

function wholeOf(name: 'seconds' | 'customers' | 'months', least: number, most: number): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  process.stderr.write(`bench:pipeline: --${name} ${values[name]} is no whole number from ${least} to ${most}\n`);
  process.exit(64);
}

if (values.help) process.stdout.write(HELP);
else await main();

async function main(): Promise<void> {
  const seconds = wholeOf('seconds', 5, 600);
  const [customers, months] = [wholeOf('customers', 100, 100_000), wholeOf('months', 1, 60)];
  const machine = describeMachine();
  const rig = await startRig({
    name: 'pipeline',
    bank: { kind: 'synthetic', customers, months, seed: 1 },
    ratePerMonth: { cash: CASH_PER_MONTH },
    settings: profiled(values.profile),
  });
  try {
    const engine = await measureEngine(rig, seconds);
    await rig.stopEngine();
    const copier = await measureCopier(rig, engine.transactions);
    const perSecond = engine.transactions / engine.seconds;
    const [copied, beside] = [rateOf(copier.log), rateOf(copier.stream)];
    const report = {
      transactions_per_s: round(perSecond, 0),
      triggered_share: round(engine.triggeredShare, 3),
      copier_transactions_per_s: round(copied, 0),
      fraction_of_copier: round(perSecond / copied, 3),
      copier_beside_producer_transactions_per_s: round(beside, 0),
      fraction_of_copier_beside_producer: round(perSecond / beside, 3),
      reconciled: engine.reconciled,
      ...figures(engine.used),
      engine: {
        ...{ transactions: engine.transactions, seconds: round(engine.seconds, 1) },
        produced_in_s: round(engine.producedS, 1),
        cpu_us_a_transaction: microseconds(engine.used, engine.transactions),
      },
      copier: {
        ...{ transactions: copier.log.records, seconds: round(copier.log.seconds, 1) },
        ...figures(copier.used),
      },
      bank: { customers, months, seed: 1, cash_per_month: CASH_PER_MONTH, transactions: rig.transactions },
      ...{ machine, versions: describeVersions(), date: new Date().toISOString(), not_measured: NOT_MEASURED },
    };
    if (!engine.reconciled) process.exitCode = 1;
    if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  } finally {
    await rig.stop();
  }
}

function rateOf({ records, seconds }: Copied): number {
  return records / seconds;
}

function figures(used: EngineRun['used']) {
  return {
    cpu_s_by_process: mapped(used, ({ cpuS }) => round(cpuS, 1)),
    peak_mb_by_process: mapped(used, ({ peakMb }) => round(peakMb, 0)),
  };
}

function microseconds(used: EngineRun['used'], transactions: number) {
  return mapped(used, ({ cpuS }) => round((cpuS / transactions) * 1e6, 0));
}

function profiled(directory: string | undefined): Record<string, Record<string, string>> {
  if (directory === undefined) return {};
  const flags = (name: string) => ({
    NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${directory} --cpu-prof-name=${name}.cpuprofile`,
  });
  return { features: flags('features'), scoring: flags('scoring'), interventions: flags('interventions') };
}

function mapped<T, U>(all: Readonly<Record<string, T>>, of: (one: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, of(one)]));
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
