import { availableParallelism } from 'node:os';
import { DAY_MS } from '../../domain/calendar/days.ts';
import { startDayOf } from '../../domain/synthetic-bank/traits.ts';
import { readConfig } from '../../platform/config/env.ts';
import type { Command, CommandResult, Flags } from '../arguments.ts';
import { readBankSettings } from '../config.ts';
import { type Block, blockOf } from '../dataset/block.ts';
import { openDatasetFiles, pathsOf } from '../dataset/files.ts';
import { ORACLE_FLAGS, oracleDocument, PLAN_FLAGS, planDocument, readOracle, readPlan } from '../dataset/flags.ts';
import { LeakError } from '../dataset/leak-check.ts';
import type { TablePlan } from '../dataset/plan.ts';
import type { OraclePlan } from '../dataset/synthetic.ts';
import { blocksOf } from '../dataset/threads.ts';
import { addWaterfalls, emptyWaterfalls, total, waterfallDocument } from '../dataset/waterfall.ts';
import { readParameters } from '../parameters-file.ts';
import { pickBank } from '../pick-bank.ts';
import { createProgress } from '../progress.ts';
import type { CustomerHistory } from '../store/bank-rows.ts';
import { openBank } from '../store/open.ts';
import { readHistories } from '../store/read-history.ts';
import { dataEndMsOf, readSyntheticFlags, SYNTHETIC_FLAGS } from '../synthetic-flags.ts';
import { CommandError } from '../usage-error.ts';

/** Where no number is given: a thread holds a hundred megabytes or more. */
const MOST_THREADS = 4;

export const datasetCommand: Command = {
  name: 'dataset',
  about: 'a table of labelled vectors, one a customer-month at a random moment, by the feature code of the live path',
  flags: [
    {
      name: 'out',
      about: 'FILE.parquet; FILE.json beside it says what is in it, FILE.attributes.parquet',
      value: 'FILE',
    },
    ...PLAN_FLAGS,
    { name: 'bank', about: 'id of a bank in bank.* (default: the only one)', value: 'ID' },
    { name: 'synthetic', about: 'make the bank in memory instead, without a database:', value: null },
    ...SYNTHETIC_FLAGS,
    ...ORACLE_FLAGS,
    { name: 'first-customer', about: 'begin with this customer of the bank, counted from 0 (default 0)', value: 'K' },
    {
      name: 'workers',
      about: `threads; the bytes are the same for any number (default as many as cores, ${MOST_THREADS} at most)`,
      value: 'N',
    },
  ],
  async run(flags: Flags) {
    return flags.isSet('synthetic') ? await fromGenerator(flags) : await fromTables(flags);
  },
};

/** A bank as the table's maker sees it. */
interface Source {
  readonly plan: TablePlan;
  readonly oracle: OraclePlan | null;
  readonly customers: number;
  readonly facts: Readonly<Record<string, unknown>>;
  /** Whether the bank tells attributes that are kept apart. */
  readonly attributes: boolean;
  readonly blocks: AsyncIterable<Block> | Iterable<Block>;
}

async function fromGenerator(flags: Flags): Promise<CommandResult> {
  const { customers, months, seed, parametersPath } = readSyntheticFlags(flags);
  const { parameters, sha256 } = await readParameters(parametersPath);
  const { currency } = parameters;
  const plan = readPlan(flags, {
    currency,
    seed,
    dataStartMs: startDayOf(parameters) * DAY_MS,
    dataEndMs: dataEndMsOf(parameters, months),
  });
  const oracle = readOracle(flags, plan);
  const firstIndex = flags.integer('first-customer', { min: 0, max: 10_000_000, default: 0 });
  const threads = flags.integer('workers', {
    min: 1,
    max: 4 * availableParallelism(),
    default: Math.min(MOST_THREADS, availableParallelism()),
  });
  return await make(flags, {
    plan,
    oracle,
    customers,
    facts: { kind: 'synthetic', seed, first_customer: firstIndex, customers, months, parameters_sha256: sha256 },
    attributes: true,
    blocks: blocksOf({ parameters, seed, months, firstIndex, customers, plan, oracle }, threads),
  });
}

async function fromTables(flags: Flags): Promise<CommandResult> {
  const settings = readConfig(process.env, readBankSettings);
  const pool = openBank(settings.postgresUrl);
  try {
    const bank = await pickBank(pool, flags.text('bank'));
    const { bankId, kind, seed, customers, months, parametersSha256, sources } = bank;
    const plan = readPlan(flags, { ...bank, dataStartMs: bank.firstBookedMs });
    return await make(flags, {
      plan,
      oracle: null,
      customers,
      facts: { bank_id: bankId, kind, seed, customers, months, parameters_sha256: parametersSha256, sources },
      attributes: false,
      blocks: blocksOfHistories(readHistories(pool, bankId), plan),
    });
  } finally {
    await pool.close();
  }
}

async function* blocksOfHistories(
  histories: AsyncIterable<CustomerHistory>,
  plan: TablePlan,
): AsyncGenerator<Block, void, undefined> {
  for await (const history of histories) {
    yield blockOf([{ history, attributes: null, oracleOf: () => Number.NaN }], plan, false);
  }
}

async function make(
  flags: Flags,
  { plan, oracle, customers, facts, attributes, blocks }: Source,
): Promise<CommandResult> {
  const paths = pathsOf(flags.required('out'));
  const waterfalls = emptyWaterfalls(plan.lagsDays);
  const progress = createProgress();
  const startedMs = performance.now();
  const files = await openDatasetFiles(paths, { oracle: oracle !== null, attributes });
  let done = 0;
  let leakRows = 0;
  try {
    for await (const block of blocks) {
      await files.append(block);
      addWaterfalls(waterfalls, block.waterfalls);
      done += block.customers;
      leakRows += block.leakRows;
      const left = minutesLeft(performance.now() - startedMs, done / customers);
      progress.show(`data set: ${done} of ${customers} customers, ${total(waterfalls, 'eligible')} rows${left}`);
    }
    const { schema: _, ...sidecar } = await files.finish({
      bank: { ...facts, currency: plan.currency, data_end_time: new Date(plan.dataEndMs).toISOString() },
      ...planDocument(plan),
      ...oracleDocument(oracle),
      waterfall: waterfallDocument(waterfalls),
      positives: total(waterfalls, 'positives'),
      leak_check: { share: plan.leakShare, rows: leakRows, passed: true },
    });
    const seconds = (performance.now() - startedMs) / 1000;
    return {
      json: { out: paths.table, ...sidecar, seconds: Number(seconds.toFixed(1)) },
      summary: `${paths.table}: ${total(waterfalls, 'eligible')} rows, ${total(waterfalls, 'positives')} positives, of ${total(waterfalls, 'customerMonths')} customer-months, in ${seconds.toFixed(1)} s`,
    };
  } catch (cause) {
    if (cause instanceof LeakError) throw new CommandError(cause.message, { cause });
    throw cause;
  } finally {
    await files.discard();
  }
}

/** In words, where it is worth saying. */
function minutesLeft(elapsedMs: number, shareDone: number): string {
  const left = (elapsedMs * (1 / shareDone - 1)) / 60_000;
  return left < 1 ? '' : `, some ${Math.ceil(left)} min left`;
}
