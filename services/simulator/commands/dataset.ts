import { HORIZON_DAYS, LATE_DAYS, RECENT_DAYS } from '../../domain/obligations/eligibility.ts';
import { CENSORED_DAYS, GRACE_DAYS } from '../../domain/obligations/label.ts';
import { generateCustomer } from '../../domain/synthetic-bank/generate.ts';
import { readConfig } from '../../platform/config/env.ts';
import type { Command, CommandResult, Flags } from '../arguments.ts';
import { readBankSettings } from '../config.ts';
import { datasetRows, emptyWaterfall } from '../dataset/rows.ts';
import { openDataset } from '../dataset/write.ts';
import { readParameters } from '../parameters-file.ts';
import { pickBank } from '../pick-bank.ts';
import { createProgress } from '../progress.ts';
import type { CustomerHistory } from '../store/bank-rows.ts';
import { openBank } from '../store/open.ts';
import { readHistories } from '../store/read-history.ts';
import { dataEndMsOf, readSyntheticFlags, SYNTHETIC_FLAGS } from '../synthetic-flags.ts';

export const datasetCommand: Command = {
  name: 'dataset',
  about: 'one labelled vector a customer-month, at a random moment, by the feature code of the live path, as CSV',
  flags: [
    { name: 'out', about: 'file to write; FILE.json beside it says what is in it', value: 'FILE' },
    { name: 'moment-seed', about: "seed of the moments (default the bank's, else 1)", value: 'S' },
    { name: 'bank', about: 'id of a bank in bank.* (default: the only one)', value: 'ID' },
    { name: 'synthetic', about: 'make the bank in memory instead, without a database:', value: null },
    ...SYNTHETIC_FLAGS,
  ],
  async run(flags: Flags) {
    const out = flags.required('out');
    return flags.isSet('synthetic') ? await fromGenerator(flags, out) : await fromTables(flags, out);
  },
};

/** A bank as the table's maker sees it. */
interface Source {
  readonly currency: string;
  readonly dataEndMs: number;
  readonly customers: number;
  readonly seed: number | null;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly histories: AsyncIterable<CustomerHistory> | Iterable<CustomerHistory>;
}

async function fromGenerator(flags: Flags, out: string): Promise<CommandResult> {
  const { customers, months, seed, parametersPath } = readSyntheticFlags(flags);
  const { parameters, sha256 } = await readParameters(parametersPath);
  function* histories(): Generator<CustomerHistory> {
    for (let index = 0; index < customers; index++) yield generateCustomer(parameters, { seed, index, months });
  }
  return await make(flags, out, {
    currency: parameters.currency,
    dataEndMs: dataEndMsOf(parameters, months),
    customers,
    seed,
    facts: { kind: 'synthetic', seed, customers, months, parameters_sha256: sha256 },
    histories: histories(),
  });
}

async function fromTables(flags: Flags, out: string): Promise<CommandResult> {
  const settings = readConfig(process.env, readBankSettings);
  const pool = openBank(settings.postgresUrl);
  try {
    const bank = await pickBank(pool, flags.text('bank'));
    const { bankId, kind, seed, customers, months, parametersSha256, sources } = bank;
    return await make(flags, out, {
      currency: bank.currency,
      dataEndMs: bank.dataEndMs,
      customers,
      seed,
      facts: { bank_id: bankId, kind, seed, customers, months, parameters_sha256: parametersSha256, sources },
      histories: readHistories(pool, bankId),
    });
  } finally {
    await pool.close();
  }
}

async function make(flags: Flags, out: string, source: Source): Promise<CommandResult> {
  const seed = flags.integer('moment-seed', { min: 0, max: Number.MAX_SAFE_INTEGER, default: source.seed ?? 1 });
  const { currency, dataEndMs } = source;
  const progress = createProgress();
  const waterfall = emptyWaterfall();
  const file = await openDataset(out);
  let done = 0;
  for await (const history of source.histories) {
    await file.write(datasetRows(history, { currency, seed, dataEndMs }, waterfall));
    done++;
    progress.show(`data set: ${done} of ${source.customers} customers, ${waterfall.eligible} rows`);
  }
  const { columns: _, ...sidecar } = await file.finish({
    bank: { ...source.facts, currency, data_end_time: new Date(dataEndMs).toISOString() },
    moment_seed: seed,
    label: {
      horizon_days: HORIZON_DAYS,
      grace_days: GRACE_DAYS,
      late_days: LATE_DAYS,
      recent_days: RECENT_DAYS,
      censor_days: CENSORED_DAYS,
    },
    counts: {
      customer_months: waterfall.customerMonths,
      no_history: waterfall.noHistory,
      censored: waterfall.censored,
      closed: waterfall.closed,
      forborne: waterfall.forborne,
      undeclared: waterfall.undeclared,
      already_late: waterfall.alreadyLate,
      recently_late: waterfall.recentlyLate,
      nothing_due: waterfall.nothingDue,
      eligible: waterfall.eligible,
      positives: waterfall.positives,
    },
  });
  return {
    json: { out, ...sidecar },
    summary: `${out}: ${waterfall.eligible} rows, ${waterfall.positives} positives, of ${waterfall.customerMonths} customer-months`,
  };
}
