import { readConfig } from '../../platform/config/env.ts';
import type { Command, Flags } from '../arguments.ts';
import { readBankSettings } from '../config.ts';
import { pickBank } from '../pick-bank.ts';
import { acknowledgedIds } from '../store/checkpoints.ts';
import { listStreams } from '../store/list-streams.ts';
import { openBank } from '../store/open.ts';

export const positionCommand: Command = {
  name: 'position',
  about: 'how far the streams of a bank are acknowledged',
  flags: [{ name: 'bank', about: 'id of the bank (default: the only one)', value: 'ID' }],
  async run(flags: Flags) {
    const settings = readConfig(process.env, readBankSettings);
    const pool = openBank(settings.postgresUrl);
    try {
      const bank = await pickBank(pool, flags.text('bank'));
      const streams = await listStreams(pool, bank.bankId);
      const { count, idDigest } = await acknowledgedIds(pool, bank.bankId);
      return {
        json: {
          bank_id: bank.bankId,
          transactions: bank.transactions,
          streamed: count,
          acknowledged: count,
          acknowledged_digest: idDigest,
          streams,
        },
        summary: `bank ${bank.bankId}: ${count} of ${bank.transactions} transactions acknowledged`,
      };
    } finally {
      await pool.close();
    }
  },
};
