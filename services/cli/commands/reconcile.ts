/** `pde reconcile`: the proof of I1, I2 and I5 on a running engine. */
import type { Logger } from '../../platform/telemetry/logger.ts';
import { acknowledgedOf } from '../acknowledged.ts';
import { ensureApiKeys } from '../api-keys.ts';
import type { RunningEngine } from '../engine-file.ts';
import { createEngineObserver } from '../observe-engine.ts';
import { reconcile } from '../reconcile.ts';

export async function reconcileEngine(
  { stateDir, engine }: RunningEngine,
  options: { readonly json?: boolean },
  context: { readonly root: string; readonly log: Logger },
): Promise<{ text: string; ok: boolean }> {
  const observer = createEngineObserver(engine, ensureApiKeys(stateDir).keys.operator, context.log);
  try {
    const result = reconcile(await observer.look(true, await acknowledgedOf(context.root, engine)));
    const lines = result.checks.map(
      ({ name, holds, detail }) => `${holds ? 'ok  ' : 'FAIL'}  ${name}\n      ${detail}`,
    );
    const verdict = result.reconciled ? 'reconciled' : 'NOT reconciled';
    const text = options.json === true ? JSON.stringify(result, null, 2) : [...lines, verdict].join('\n');
    return { text, ok: result.reconciled };
  } finally {
    await observer.close();
  }
}
