import { generateCustomer, type SyntheticCustomer } from '../../domain/synthetic-bank/generate.ts';
import { readConfig } from '../../platform/config/env.ts';
import type { Transaction } from '../../platform/postgres/pool.ts';
import type { Command, Flags } from '../arguments.ts';
import { readBankSettings } from '../config.ts';
import { type ImportPlan, importBank } from '../import-bank.ts';
import { type ParametersFile, readParameters } from '../parameters-file.ts';
import { createProgress, type Progress } from '../progress.ts';
import { stageProfiles } from '../store/insert-profiles.ts';
import type { CustomerTruth } from '../store/insert-truth.ts';
import { insertTruth } from '../store/insert-truth.ts';
import { stageTransactions } from '../store/stage-transactions.ts';
import { dataEndMsOf, readSyntheticFlags, SYNTHETIC_FLAGS, type SyntheticFlags } from '../synthetic-flags.ts';

/** Customers written together. */
const BATCH_CUSTOMERS = 20;

export const importSyntheticCommand: Command = {
  name: 'import-synthetic',
  about: 'make a synthetic bank and put it into bank.*',
  flags: [
    ...SYNTHETIC_FLAGS,
    { name: 'bank', about: 'id of the bank (default synthetic-<customers>x<months>-seed<seed>)', value: 'ID' },
    { name: 'replace', about: 'replace the bank if it is there, its checkpoints too', value: null },
  ],
  async run(flags: Flags) {
    const settings = readConfig(process.env, readBankSettings);
    const wanted = readSyntheticFlags(flags);
    const file = await readParameters(wanted.parametersPath);
    return await importBank(settings.postgresUrl, planOf(flags, wanted, file), flags.isSet('replace'));
  },
};

function planOf(flags: Flags, wanted: SyntheticFlags, file: ParametersFile): ImportPlan {
  const { customers, months, seed } = wanted;
  return {
    bank: {
      bankId: flags.text('bank') ?? `synthetic-${customers}x${months}-seed${seed}`,
      kind: 'synthetic',
      seed,
      months,
      parametersSha256: file.sha256,
      parameters: file.parameters,
      sources: null,
      currency: file.parameters.currency,
      skippedLines: 0,
      dataEndMs: dataEndMsOf(file.parameters, months),
    },
    async fill(tx) {
      const ids = await writeCustomers(tx, wanted, file, this.bank.bankId, createProgress());
      return { customerIds: ids, skippedLines: 0 };
    },
  };
}

async function writeCustomers(
  tx: Transaction,
  { customers, months, seed }: SyntheticFlags,
  { parameters }: ParametersFile,
  bankId: string,
  progress: Progress,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let at = 0; at < customers; at += BATCH_CUSTOMERS) {
    const count = Math.min(BATCH_CUSTOMERS, customers - at);
    const batch = Array.from({ length: count }, (_, i) => ({
      index: at + i,
      customer: generateCustomer(parameters, { seed, index: at + i, months }),
    })).filter(({ customer }) => customer.profiles.length > 0);
    await writeBatch(tx, bankId, batch);
    ids.push(...batch.map(({ customer }) => customer.customerId));
    progress.show(`making the bank: ${at + count} of ${customers} customers`);
  }
  return ids;
}

interface Member {
  readonly index: number;
  readonly customer: SyntheticCustomer;
}

/** Members are those who joined before the data end. */
async function writeBatch(tx: Transaction, bankId: string, batch: readonly Member[]): Promise<void> {
  const staged = batch.flatMap(({ customer: { customerId, rows } }) =>
    rows.map((row, tieOrder) => ({ customerId, row, tieKey: customerId, tieOrder })),
  );
  await stageTransactions(tx, staged);
  await stageProfiles(
    tx,
    batch.flatMap(({ customer }) => customer.profiles),
  );
  const truths = batch.map(
    ({ index, customer: { customerId, truth } }): CustomerTruth => ({ customerId, index, truth }),
  );
  await insertTruth(tx, bankId, truths);
}
