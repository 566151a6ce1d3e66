/** interventions: predictions in, decisions kept, offers of help and dashboard updates out. */
import { InterventionService } from '../../gen/pde/interventions/v1/intervention_service_pb.ts';
import { OperationsService } from '../../gen/pde/operations/v1/operations_service_pb.ts';
import { loadKeyRing } from '../platform/auth/key-ring.ts';
import { createOperationsService } from '../platform/dead-letters/operations-service.ts';
import { runService } from '../platform/lifecycle/run-service.ts';
import { createRpcServer } from '../platform/rpc/server.ts';
import { readInterventionsConfig } from './config.ts';
import { connect } from './connections.ts';
import { startConsuming } from './consuming.ts';
import { loadContactPolicy } from './contact-policy.ts';
import { OUTBOX_TOPICS } from './outgoing.ts';
import { createInterventionService } from './rpc.ts';
import { readStoredCounts, readStoredTables } from './store/read-stored.ts';
import { SCHEMA, SERVICE } from './store/rows.ts';
import { isKnownTimeZone } from './time-zones.ts';
import { wordsForCustomer } from './wording.ts';

await runService(SERVICE, readInterventionsConfig, async (scope, config) => {
  const policy = await loadContactPolicy(scope, config.policyFile);
  const keyRing = await loadKeyRing(config.rpc.apiKeysFile);
  const parts = await connect(scope, config);
  await startConsuming({ scope, config, ...parts, context: { policy, isKnownTimeZone, wordsFor: wordsForCustomer } });
  const interventions = createInterventionService({ pool: parts.pool, policy });
  const operations = createOperationsService({
    ...{ service: SERVICE, schema: SCHEMA, pool: parts.pool, producer: parts.producer, outboxTopics: OUTBOX_TOPICS },
    stored: (verify) => (verify ? readStoredTables : readStoredCounts)(parts.pool),
  });
  await createRpcServer({
    ...{ scope, keyRing, ...config.rpc },
    services: (router) =>
      void router.service(InterventionService, interventions).service(OperationsService, operations),
  });
});
