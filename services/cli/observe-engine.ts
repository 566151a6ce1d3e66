/**
 * Looks at a running engine from outside: the positions of its services (as operator) and the ends of its logs.
 */
import { OperationsService } from '../../gen/pde/operations/v1/operations_service_pb.ts';
import { createKafka } from '../platform/kafka/kafka.ts';
import { createRpcClient } from '../platform/rpc/client.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import { stackFrom } from '../stack/stack.ts';
import { toServicePosition } from './convert.ts';
import type { EngineFile } from './engine-file.ts';
import { type Acknowledged, type LogRange, type ReconcileInput, reconcile } from './reconcile.ts';

const CONSUMED = ['transactions-stream', 'predictions-stream'];
const DEADLINE_MS = 60_000;

export interface EngineObserver {
  /** Everything that reconcile needs; with `verify` the services count their tables too. */
  look(verify: boolean, acknowledged?: Acknowledged | null): Promise<ReconcileInput>;
  close(): Promise<void>;
}

export function createEngineObserver(engine: EngineFile, operatorKey: string, log: Logger): EngineObserver {
  const { brokers, credentials } = stackFrom(engine.stack).kafka;
  const kafka = createKafka({ brokers, ...credentials('operator'), clientId: 'pde-operator', log });
  const clientOf = (url: string) =>
    createRpcClient(OperationsService, { url, apiKey: operatorKey, deadlineMs: DEADLINE_MS });
  const clients = {
    features: clientOf(engine.rpc.features),
    scoring: clientOf(engine.rpc.scoring),
    interventions: clientOf(engine.rpc.interventions),
  };
  const position = async (service: keyof typeof clients, verify: boolean) =>
    toServicePosition(await clients[service].getPosition({ verify }));

  return {
    async look(verify, acknowledged = null) {
      const [features, scoring, interventions, ...logs] = await Promise.all([
        position('features', verify),
        position('scoring', verify),
        position('interventions', verify),
        ...CONSUMED.map(
          async (topic): Promise<LogRange[]> => (await kafka.logRanges(topic)).map((range) => ({ topic, ...range })),
        ),
      ]);
      return { features, scoring, interventions, logs: logs.flat(), acknowledged };
    },
    close: () => kafka.close(),
  };
}

/** Whether everything that the logs hold has been processed and everything stored has been published. */
export function isDrained(input: ReconcileInput): boolean {
  const behind = reconcile({ ...input, acknowledged: null }).checks.filter((check) => !check.holds);
  return behind.every((check) => check.kind === 'stored');
}
