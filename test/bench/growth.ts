/**
 * `npm run bench:growth -- --json`: what a transaction costs as the bank grows, while as many customers are active at the same rate.
 *
 * The engine processes a small synthetic bank; its customers are then multiplied in the services' tables (growth-fill.ts) to each size in
 * turn. At each size the same number of customers, drawn anew from all of them and none of them seen before, have two
 * transactions each, in the engine as `npm start` runs it, fsync on. The cache of windows holds about as many as one stretch needs.
 */
import { parseArgs } from 'node:util';
import { childKey, type Random, randomOf, rootKey } from '../../services/domain/synthetic-bank/random.ts';
import { createPool, type Pool } from '../../services/platform/postgres/pool.ts';
import { addCopies, storedBytes } from './growth-fill.ts';
import { COSTING, type CpuUs, type Measured, measureSize, type Stretches } from './growth-measure.ts';
import { type Template, takeTemplates } from './growth-templates.ts';
import { type Active, createTraffic } from './growth-traffic.ts';
import { describeMachine, describeVersions, type Rig, startRig } from './rig.ts';

const NOT_MEASURED = [
  'customers with long ledgers: a copy has a window of a month, three rows behind its snapshot, and one prediction, decision and profile',
  'growth by time at one size: tables of years, many partitions of the ledger (12 months here)',
  'a database larger than memory: what is not in shared_buffers comes from the page cache of the system',
  "the broker's, the gateway's and the producer's time",
  'several instances',
];

const HELP = `bench:growth: microseconds of processor time a transaction, as the bank's customers grow and the active ones do not

  --json           the result as JSON on standard output
  --customers L    sizes, rising, comma-separated, each 10000 to 3000000 (default 10000,100000,1000000)
  --rate N         transactions a second, 10 to 5000 (default 250)
  --cache-mb N     memory for windows of customers in features, 1 to 4096 (default 8: about 3,000 customers)
  --folder DIR     where the state is made; some 5 KB a customer (default the system's folder for temporary files)
`;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    customers: { type: 'string', default: '10000,100000,1000000' },
    rate: { type: 'string', default: '250' },
    'cache-mb': { type: 'string', default: '8' },
    folder: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** Customers whose rows are multiplied. */
const TEMPLATES = 500;
const BANK = { kind: 'synthetic', customers: 550, months: 1, seed: 9 } as const;
/** Active customers of the stretches; together they are fewer than the copies of the smallest size. */
const ACTIVE = { warmUp: 1_000, atRate: 3_000, flatOut: 2_000 };

interface Options {
  readonly sizes: readonly number[];
  readonly perSecond: number;
  readonly cacheMb: number;
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  process.stderr.write(`bench:growth: --${name} ${text} is no whole number from ${least} to ${most}\n`);
  process.exit(64);
}

function readOptions(): Options {
  const sizes = values.customers.split(',').map((text) => whole('customers', text, 10_000, 3_000_000));
  return {
    sizes: sizes.toSorted((a, b) => a - b),
    perSecond: whole('rate', values.rate, 10, 5_000),
    cacheMb: whole('cache-mb', values['cache-mb'], 1, 4_096),
  };
}

if (values.help) process.stdout.write(HELP);
else await main(readOptions());

async function main(options: Options): Promise<void> {
  const machine = describeMachine();
  const rig = await startRig({
    name: 'growth',
    bank: BANK,
    settings: { features: { PDE_FEATURES_CACHE_BYTES: String(options.cacheMb * 2 ** 20) } },
    ...(values.folder === undefined ? {} : { folder: values.folder }),
  });
  try {
    await rig.stream([]);
    await rig.drained();
    const results = await measureAll(rig, options);
    const report = {
      ...reportOf(results, options),
      machine,
      versions: describeVersions(),
      date: new Date().toISOString(),
    };
    process.stdout.write(`${JSON.stringify({ ...report, not_measured: NOT_MEASURED }, null, values.json ? 0 : 2)}\n`);
  } finally {
    await rig.stop();
  }
}

interface Result extends Measured {
  readonly customers: number;
  readonly storedBytes: number;
}

async function measureAll(rig: Rig, { sizes, perSecond }: Options): Promise<readonly Result[]> {
  const admin = createPool({ url: rig.stack.postgres.url('postgres'), max: 4, statementTimeoutMs: 1_200_000 });
  const traffic = await createTraffic(rig.stack);
  try {
    const templates = await takeTemplates(admin, TEMPLATES);
    const draw = drawing(templates);
    const results: Result[] = [];
    let copies = 0;
    for (const size of sizes) {
      const wanted = Math.floor(size / templates.length) - 1;
      await fillTo(rig, admin, copies, wanted);
      copies = wanted;
      rig.log(`measuring ${size.toLocaleString('en')} customers`);
      const measured = await measureSize(rig, traffic, draw(copies), perSecond);
      results.push({ ...measured, customers: size, storedBytes: await storedBytes(admin) });
      rig.log(`${size.toLocaleString('en')} customers: ${Math.round(sum(measured.costUs))} us a transaction`);
    }
    return results;
  } finally {
    await traffic.close();
    await admin.close();
  }
}

async function fillTo(rig: Rig, admin: Pool, from: number, to: number): Promise<void> {
  const startMs = performance.now();
  await addCopies(admin, from + 1, to);
  rig.log(`filled and vacuumed in ${((performance.now() - startMs) / 1_000).toFixed(0)} s`);
}

/** Draws customers from all copies, none of them twice, neither in a size nor between sizes. */
function drawing(templates: readonly Template[]): (copies: number) => Stretches {
  const random = randomOf(childKey(rootKey(1), 'growth'));
  const drawn = new Set<string>();
  const draw = (copies: number): Active => {
    for (;;) {
      const active = { template: templates[below(random, templates.length)]!, k: below(random, copies) + 1 };
      const name = `${active.template.customerId} ${active.k}`;
      if (drawn.has(name)) continue;
      drawn.add(name);
      return active;
    }
  };
  const some = (count: number, copies: number) => Array.from({ length: count }, () => draw(copies));
  return (copies) => ({
    warmUp: some(ACTIVE.warmUp, copies),
    atRate: some(ACTIVE.atRate, copies),
    flatOut: some(ACTIVE.flatOut, copies),
  });
}

function below(random: Random, bound: number): number {
  return Math.floor(random.uniform() * bound);
}

function reportOf(results: readonly Result[], { perSecond, cacheMb }: Options) {
  const costs = results.map(({ costUs }) => sum(costUs));
  const spread = Math.max(...costs) / Math.min(...costs) - 1;
  const of = (get: (result: Result) => number, digits = 0) => results.map((result) => round(get(result), digits));
  return {
    customers: results.map(({ customers }) => customers),
    cost_us: costs.map((cost) => round(cost, 0)),
    spread_percent: round(100 * spread, 1),
    within_20_percent: spread <= 0.2,
    cost_us_by_process: byProcess(results, ({ costUs }) => costUs),
    flat_out_cost_us: of(({ flatOutCostUs }) => sum(flatOutCostUs)),
    flat_out_cost_us_by_process: byProcess(results, ({ flatOutCostUs }) => flatOutCostUs),
    flat_out_wall_us: of(({ flatOutWallUs }) => flatOutWallUs),
    not_in_memory_share: of(({ notInMemoryShare }) => notInMemoryShare, 3),
    triggered_share: of(({ triggeredShare }) => triggeredShare, 3),
    cache_bound_mb: cacheMb,
    cached_mb: of(({ cachedMb }) => cachedMb, 1),
    cached_customers: of(({ cachedCustomers }) => cachedCustomers),
    features_peak_mb: of(({ featuresPeakMb }) => featuresPeakMb),
    stored_gb: of(({ storedBytes: bytes }) => bytes / 2 ** 30, 2),
    rate: perSecond,
    transactions: results.map(({ transactions }) => transactions),
    measured:
      'cost_us: processor time of features, scoring, interventions and PostgreSQL (all its processes) a transaction at the rate, less what they take while nothing comes',
  };
}

function byProcess(results: readonly Result[], costOf: (result: Result) => CpuUs): Record<string, number[]> {
  const rounded = (name: keyof CpuUs) => results.map((result) => round(costOf(result)[name], 0));
  return Object.fromEntries(COSTING.map((name) => [name, rounded(name)]));
}

function sum(us: CpuUs): number {
  return COSTING.reduce((total, name) => total + us[name], 0);
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
