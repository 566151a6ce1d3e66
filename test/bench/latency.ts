/**
 * `npm run bench:latency -- --json --rate 200`: from a transaction's scheduled send until the COMMIT of its decision returned, beside a
 * bare pipeline of two hops at the same rate on the same stack in the same run, and how p99 goes with the rate. README.md says how.
 */
import { parseArgs } from 'node:util';
import type { Distribution } from '../../services/cli/latency.ts';
import {
  type BarePipeline,
  LEAD_IN_S,
  measureEngine,
  percentilesOf,
  percentilesOfAll,
  rounded,
  startBarePipeline,
  summed,
} from './latency-measure.ts';
import { describeMachine, describeVersions, type Rig, startRig } from './rig.ts';

const NOT_MEASURED = [
  'several machines, and a network between the parts: everything shares this one, the simulator included',
  'transactions that trigger nothing: they end in the ledger, and only what is decided is timed (decided_share)',
  'publishing the intervention and telling the dashboard, which come after the COMMIT',
  'calls of others (REST, RPC, the dashboard) meanwhile, and customers that are not in memory: see bench:growth',
  'percentiles of the engine finer than 2 %: they come from a histogram in steps of so much; those of the bare pipeline are exact',
  'safety of the bare pipeline: it loses what it has committed and not yet produced, and refuses nothing',
];

const HELP = `bench:latency: from a transaction's scheduled send until the COMMIT of its decision returned, beside a bare pipeline

  --json           the result as JSON on standard output
  --rate N         transactions a second, 1 to 10000 (default 200)
  --seconds N      how long each of the two is measured, 6 to 600 (default 60), in three turns
  --curve RATES    rates of the curve, comma-separated (default 100 to 16000 in eight steps); it ends at the first that saturates
  --curve-seconds N  how long each of them is measured, 2 to 60 (default 10); 0 leaves the curve out
  --customers N    customers of the synthetic bank over 24 months, 50 to 20000 (default 450): each has some 1,100 transactions
`;

const TURNS = 3;
/** Flat out, and then for a while at the rate, before anything is timed: code is warm. */
const WARM_UP = 10_000;
const WARM_UP_S = 15;
/** A rate whose p50 is beyond it is not kept up with. */
const SATURATED_MS = 1_000;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '60' },
    curve: { type: 'string', default: '100,200,500,1000,2000,4000,8000,16000' },
    'curve-seconds': { type: 'string', default: '10' },
    customers: { type: 'string', default: '450' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else await main();

async function main(): Promise<void> {
  const [rate, seconds] = [wholeOf('rate', values.rate, 1, 10_000), wholeOf('seconds', values.seconds, 6, 600)];
  const curveSeconds = wholeOf('curve-seconds', values['curve-seconds'], 0, 60);
  const rates = values.curve.split(',').map((each) => wholeOf('curve', each, 1, 100_000));
  const customers = wholeOf('customers', values.customers, 50, 20_000);
  const machine = describeMachine();
  const rig = await startRig({ name: 'latency', bank: { kind: 'synthetic', customers, months: 24, seed: 1 } });
  try {
    const needed = neededFor(rate, seconds, curveSeconds === 0 ? [] : rates, curveSeconds);
    if (needed > rig.transactions)
      rig.log(`the bank holds ${rig.transactions} of ${needed} transactions: more customers fill the time`);
    await rig.stream(['--total', `${WARM_UP}`]);
    await rig.decided();
    const bare = await startBarePipeline(rig);
    await bare.measure(rate, WARM_UP_S);
    await measureEngine(rig, rate, WARM_UP_S);
    rig.log(`warm; ${rate} a second for ${seconds} s each, in ${TURNS} turns`);
    const report = { rate, seconds, ...(await inTurns(rig, bare, rate, seconds)) };
    await bare.stop();
    const curve = curveSeconds === 0 ? [] : await curveOf(rig, rates, curveSeconds);
    await rig.drained();
    const { reconciliation } = await rig.reconcile();
    if (!reconciliation.reconciled) process.exitCode = 1;
    const surroundings = { machine, versions: describeVersions(), date: new Date().toISOString() };
    print({
      ...report,
      curve,
      reconciled: reconciliation.reconciled,
      bank: { customers, months: 24, seed: 1, transactions: rig.transactions },
      ...surroundings,
      not_measured: NOT_MEASURED,
    });
  } finally {
    await rig.stop();
  }
}

/** Transactions that all of it takes. */
function neededFor(rate: number, seconds: number, rates: readonly number[], curveSeconds: number): number {
  const atRate = rate * (WARM_UP_S + seconds + (TURNS + 1) * LEAD_IN_S);
  return WARM_UP + atRate + rates.reduce((sum, each) => sum + each * (curveSeconds + LEAD_IN_S), 0);
}

/** One after the other and again, so that an hour of the machine that is slower is slower for both. */
async function inTurns(rig: Rig, bare: BarePipeline, rate: number, seconds: number) {
  const engine: Distribution[] = [];
  const bareMs: number[] = [];
  for (let turn = 1; turn <= TURNS; turn++) {
    engine.push(await measureEngine(rig, rate, seconds / TURNS));
    bareMs.push(...(await bare.measure(rate, seconds / TURNS)));
    rig.log(`turn ${turn}: engine ${text(percentilesOf(summed(engine)))}; bare ${text(percentilesOfAll(bareMs))}`);
  }
  const { decisions, ...e2eMs } = percentilesOf(summed(engine));
  const bareOf = percentilesOfAll(bareMs);
  return {
    e2e_ms: e2eMs,
    bare_ms: bareOf,
    ratio: {
      p50: rounded(e2eMs.p50 / bareOf.p50),
      p95: rounded(e2eMs.p95 / bareOf.p95),
      p99: rounded(e2eMs.p99 / bareOf.p99),
    },
    decisions,
    decided_share: rounded(decisions / (rate * seconds), 3),
    bare_records: bareMs.length,
  };
}

/** Rates in the order given, until the engine no longer keeps up. */
async function curveOf(rig: Rig, rates: readonly number[], seconds: number) {
  const curve: { rate: number; p50: number; p95: number; p99: number; max: number; saturated: boolean }[] = [];
  for (const rate of rates) {
    const { decisions: _, ...at } = percentilesOf(await measureEngine(rig, rate, seconds));
    const saturated = at.p50 > SATURATED_MS;
    curve.push({ rate, ...at, saturated });
    rig.log(`${rate} a second: ${text(at)}${saturated ? ', saturated' : ''}`);
    if (saturated) break;
  }
  return curve;
}

function text({ p50, p99 }: { readonly p50: number; readonly p99: number }): string {
  return `p50 ${p50} ms, p99 ${p99} ms`;
}

function wholeOf(name: string, given: string, least: number, most: number): number {
  const value = Number(given);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  process.stderr.write(`bench:latency: --${name} ${given} is no whole number from ${least} to ${most}\n`);
  process.exit(64);
}

function print(report: object): void {
  process.stdout.write(`${values.json ? JSON.stringify(report) : JSON.stringify(report, null, 2)}\n`);
}
