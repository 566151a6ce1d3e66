import { DAY_MS } from '../../domain/calendar/days.ts';
import { readConfig } from '../../platform/config/env.ts';
import type { Command, Flags } from '../arguments.ts';
import { BERKA_CURRENCY } from '../berka/mapping.ts';
import type { BadLine } from '../berka/read-file.ts';
import { type BerkaFolder, readBerkaFolder } from '../berka/read-folder.ts';
import { readBankSettings } from '../config.ts';
import { type ImportPlan, importBank } from '../import-bank.ts';
import { createProgress } from '../progress.ts';
import { insertLoans } from '../store/insert-loans.ts';
import { stageTransactions } from '../store/stage-transactions.ts';
import { CommandError } from '../usage-error.ts';

/** Bad lines told one by one; the rest only counted. */
const TOLD_LINES = 20;

export const importBerkaCommand: Command = {
  name: 'import-berka',
  about: "read the Berka files (PKDD'99) and put them into bank.*",
  flags: [
    { name: 'data', about: 'folder with trans.asc(.gz), account.asc and loan.asc', value: 'DIR' },
    { name: 'bank', about: 'id of the bank (default berka)', value: 'ID' },
    { name: 'skip-bad', about: 'leave malformed lines out instead of stopping', value: null },
    { name: 'replace', about: 'replace the bank if it is there, its checkpoints too', value: null },
  ],
  async run(flags: Flags) {
    const folder = await readBerkaFolder(flags.required('data'));
    tell(folder.bad, flags.isSet('skip-bad'));
    const settings = readConfig(process.env, readBankSettings);
    const plan = planOf(flags.text('bank') ?? 'berka', folder);
    return await importBank(settings.postgresUrl, plan, flags.isSet('replace'));
  },
};

/** @throws CommandError if there are bad lines and they are not to be skipped */
function tell(bad: readonly BadLine[], skip: boolean): void {
  for (const { file, line, problem } of bad.slice(0, TOLD_LINES)) {
    process.stderr.write(`${file}:${line}: ${problem}\n`);
  }
  if (bad.length > TOLD_LINES) process.stderr.write(`... and ${bad.length - TOLD_LINES} more\n`);
  if (bad.length > 0 && !skip) {
    throw new CommandError(`${bad.length} malformed line(s), nothing imported; --skip-bad leaves them out`);
  }
}

function planOf(bankId: string, folder: BerkaFolder): ImportPlan {
  return {
    bank: {
      bankId,
      kind: 'berka',
      seed: null,
      months: null,
      parametersSha256: null,
      parameters: null,
      sources: folder.sources,
      currency: BERKA_CURRENCY,
      skippedLines: folder.bad.length,
      dataEndMs: ((folder.transactions.at(-1)?.day ?? 0) + 1) * DAY_MS,
    },
    async fill(tx) {
      const progress = createProgress();
      // Rows of one day are sent in the file's order.
      const staged = folder.transactions.map(({ customerId, row }, i) => ({
        customerId,
        row,
        tieKey: '',
        tieOrder: i,
      }));
      for (let at = 0; at < staged.length; at += 10_000) {
        await stageTransactions(tx, staged.slice(at, at + 10_000));
        progress.show(`importing: ${Math.min(at + 10_000, staged.length)} of ${staged.length} transactions`);
      }
      await insertLoans(tx, bankId, folder.loans);
      return { customerIds: folder.customerIds, skippedLines: folder.bad.length };
    },
  };
}
