/** From predictions-stream to decisions: what the consumer needs, acquired in order and released in reverse. */
import type { DecisionContext } from '../domain/interventions/decide.ts';
import type { DeadLetterRelay } from '../platform/dead-letters/dead-letter-relay.ts';
import { createConsumer } from '../platform/kafka/consumer.ts';
import type { KafkaConnection } from '../platform/kafka/kafka.ts';
import { watchLag } from '../platform/kafka/watch-lag.ts';
import type { ServiceScope } from '../platform/lifecycle/scope.ts';
import type { Pool } from '../platform/postgres/pool.ts';
import { createPositionStore } from '../platform/postgres/positions.ts';
import type { EventCodec } from '../platform/registry/codec.ts';
import type { InterventionsConfig } from './config.ts';
import { createPredictionHandlers } from './consumer.ts';
import { startLowReporter } from './low-reporter.ts';
import { createServiceMetrics } from './metrics.ts';
import { type Outgoing, offerCommitted, PREDICTIONS } from './outgoing.ts';
import { startProfileReader } from './profile-reader.ts';
import { SCHEMA } from './store/rows.ts';

/** Consumer group of predictions-stream: one for all instances, which share the partitions. */
export const PREDICTIONS_GROUP = 'interventions-predictions';

export interface ConsumingDeps {
  readonly scope: ServiceScope;
  readonly config: InterventionsConfig;
  readonly pool: Pool;
  readonly kafka: KafkaConnection;
  readonly codec: EventCodec;
  readonly outgoing: Outgoing;
  readonly deadLetters: DeadLetterRelay;
  readonly context: DecisionContext;
}

export async function startConsuming(deps: ConsumingDeps): Promise<void> {
  const { scope, config, pool, kafka, codec, outgoing, deadLetters, context } = deps;
  const metrics = createServiceMetrics(scope.metrics, () => performance.timeOrigin + performance.now());
  const profiles = await startProfileReader({ scope, kafka, pool, codec, deadLetters, metrics });
  await startLowReporter({
    scope,
    pool,
    shards: PREDICTIONS.partitions,
    everyMs: config.lowReportMs,
    onReported: (report) => outgoing.dashboard.offer(report.shard, report.position, [report]),
  });
  const handlers = createPredictionHandlers({
    pool,
    codec,
    group: PREDICTIONS_GROUP,
    context,
    profilesCaughtUp: (signal) => profiles.caughtUp(signal),
    metrics,
    onCommitted: ({ partition, decided, taken, deadLetters: letters }) => {
      offerCommitted(outgoing, partition, decided, taken);
      deadLetters.offer(letters);
    },
  });
  const consumer = await scope.acquire(
    'consumer of predictions-stream',
    () =>
      createConsumer({
        kafka,
        groupId: PREDICTIONS_GROUP,
        topic: PREDICTIONS.name,
        positions: createPositionStore(pool, SCHEMA, PREDICTIONS_GROUP),
        handlers,
        maxBatchRecords: config.batchMaxRecords,
        queueRecords: config.queueMaxRecords,
        maxWaitMs: config.fetchMaxWaitMs,
        sessionTimeoutMs: config.sessionTimeoutMs,
        onFatal: scope.fatal,
      }),
    (open) => open.close(),
  );
  scope.liveness('predictions-stream', () => consumer.health());
  await watchLag(scope, consumer);
}
