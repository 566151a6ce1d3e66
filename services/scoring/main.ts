import { FeatureService } from '../../gen/pde/features/v1/feature_service_pb.ts';
import { ScoringService } from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { CATALOGUE, FEATURE_SET_VERSION } from '../domain/features/catalogue.ts';
import { loadKeyRing } from '../platform/auth/key-ring.ts';
import { createKafka } from '../platform/kafka/kafka.ts';
import { createProducer } from '../platform/kafka/producer.ts';
import { runService } from '../platform/lifecycle/run-service.ts';
import { createPool } from '../platform/postgres/pool.ts';
import { createEventCodec } from '../platform/registry/codec.ts';
import { createRegistry } from '../platform/registry/registry.ts';
import { createRpcClient } from '../platform/rpc/client.ts';
import { createRpcServer } from '../platform/rpc/server.ts';
import { readScoringConfig } from './config.ts';
import { loadModel } from './model/load.ts';
import { createPredictionOutbox, createPredictionRelay } from './outbox.ts';
import { createRecorder } from './record.ts';
import { createReporter } from './report.ts';
import { createScoringRpc } from './rpc.ts';

await runService('scoring', readScoringConfig, async (scope, config) => {
  const { log, metrics } = scope;
  const catalogue = { version: FEATURE_SET_VERSION, names: CATALOGUE.map((feature) => feature.name) };
  const load = () => loadModel(config.modelDirectory, catalogue, Date.now());
  const model = await scope.acquire('model', load, (loaded) => loaded.release());
  const pool = await scope.acquire(
    'postgres',
    () => createPool(config.postgres),
    (opened) => opened.close(),
  );
  const brokers = config.kafka.brokers.join();
  const kafka = await scope.acquire(
    'kafka',
    () => createKafka({ ...config.kafka, brokers, clientId: 'scoring', log }),
    (open) => open.close(),
  );
  const producer = await scope.acquire(
    'producer',
    () => createProducer(kafka),
    (made) => made.close(),
  );
  const codec = createEventCodec({ registry: createRegistry({ url: config.registryUrl }) });
  const relay = await scope.acquire(
    'relay',
    () => createPredictionRelay({ scope, pool, codec, producer, names: catalogue.names }),
    (made) => made.close(),
  );
  const features = await createRpcClient(FeatureService, {
    ...config.features,
    deadlineMs: config.featuresDeadlineMs,
    scope,
  });
  const rpc = createScoringRpc({
    model: () => model,
    pool,
    recorder: createRecorder(pool, createPredictionOutbox(relay)),
    reporter: createReporter(log, metrics),
    getFeatures: (request, options) => features.getFeatures(request, options),
    nowMs: Date.now,
  });
  const keyRing = await loadKeyRing(config.rpc.apiKeysFile);
  await createRpcServer({
    scope,
    ...config.rpc,
    keyRing,
    services: (router) => void router.service(ScoringService, rpc),
  });
});
