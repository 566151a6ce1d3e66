/** `pde topics`: the topics of the broker and the subjects of the registry against the contract. */
import { diffTopics } from '../../platform/kafka/admin.ts';
import { createKafka } from '../../platform/kafka/kafka.ts';
import { verifyAll } from '../../platform/registry/register-all.ts';
import { createRegistry } from '../../platform/registry/registry.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import { allTopics } from '../../platform/topics/topics.ts';
import { stackFrom } from '../../stack/stack.ts';
import type { RunningEngine } from '../engine-file.ts';

export async function compareTopics(
  { engine }: RunningEngine,
  options: { readonly json?: boolean },
  log: Logger,
): Promise<{ text: string; ok: boolean }> {
  const stack = stackFrom(engine.stack);
  const kafka = createKafka({
    brokers: stack.kafka.brokers,
    ...stack.kafka.credentials('operator'),
    clientId: 'pde-topics',
    log,
  });
  try {
    const [topics, subjects] = await Promise.all([
      diffTopics(kafka, allTopics()),
      verifyAll(createRegistry({ url: stack.registry.url }), allTopics()),
    ]);
    const differences = [
      ...topics.map(
        ({ topic, setting, contract, broker }) => `${topic}: ${setting} is ${broker}, the contract says ${contract}`,
      ),
      ...subjects,
    ];
    const ok = differences.length === 0;
    if (options.json === true) return { text: JSON.stringify({ equal: ok, differences }, null, 2), ok };
    const lines = allTopics().map(({ name, partitions, message }) => `${name}  ${partitions} partitions  ${message}`);
    return { text: [...lines, ...(ok ? ['broker and registry equal the contract'] : differences)].join('\n'), ok };
  } finally {
    await kafka.close();
  }
}
