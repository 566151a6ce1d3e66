import { FeatureService } from '../../gen/pde/features/v1/feature_service_pb.ts';
import { OperationsService } from '../../gen/pde/operations/v1/operations_service_pb.ts';
import { ScoringService } from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { loadKeyRing } from '../platform/auth/key-ring.ts';
import { runService } from '../platform/lifecycle/run-service.ts';
import { createPool } from '../platform/postgres/pool.ts';
import { watchPostgres } from '../platform/postgres/watch.ts';
import { createRpcClient } from '../platform/rpc/client.ts';
import { createRpcServer } from '../platform/rpc/server.ts';
import { readScoringConfig } from './config.ts';
import { CATALOGUE_NAMES } from './model/catalogue-names.ts';
import { createScoringOperations } from './operations.ts';
import { createPredictionOutbox } from './outbox.ts';
import { acquirePublishing } from './publishing.ts';
import { createRecorder } from './record.ts';
import { acquireRegistry } from './registry/acquire.ts';
import { createReporter } from './report.ts';
import { createScoringRpc } from './rpc.ts';

await runService('scoring', readScoringConfig, async (scope, config) => {
  const pool = await scope.acquire(
    'postgres',
    () => createPool(config.postgres),
    (open) => open.close(),
  );
  await watchPostgres(scope, pool);
  const registry = await acquireRegistry(scope, pool, config);
  const { producer, relay } = await acquirePublishing(scope, config, pool, CATALOGUE_NAMES.names);
  const features = await createRpcClient(FeatureService, { ...config.features, scope });
  const rpc = createScoringRpc({
    registry,
    models: registry.models,
    pool,
    recorder: createRecorder(pool, createPredictionOutbox(relay)),
    reporter: createReporter(scope.log, scope.metrics),
    getFeatures: features.getFeatures,
    nowMs: Date.now,
  });
  const operations = createScoringOperations(pool, producer);
  const keyRing = await loadKeyRing(config.rpc.apiKeysFile);
  await createRpcServer({
    ...{ scope, keyRing, ...config.rpc },
    services: (router) => void router.service(ScoringService, rpc).service(OperationsService, operations),
  });
});
