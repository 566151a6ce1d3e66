/** What callers are offered. */
import { InterventionService } from '../../gen/pde/interventions/v1/intervention_service_pb.ts';
import { OperationsService } from '../../gen/pde/operations/v1/operations_service_pb.ts';
import type { ContactPolicy } from '../domain/interventions/policy.ts';
import type { KeyRing } from '../platform/auth/key-ring.ts';
import type { RpcServerSettings } from '../platform/config/settings.ts';
import { createOperationsService } from '../platform/dead-letters/operations-service.ts';
import type { EventProducer } from '../platform/kafka/port.ts';
import type { ServiceScope } from '../platform/lifecycle/scope.ts';
import type { Pool } from '../platform/postgres/pool.ts';
import { createRpcServer, type RpcServer } from '../platform/rpc/server.ts';
import { OUTBOX_TOPICS } from './outgoing.ts';
import { createInterventionService } from './rpc.ts';
import { readStoredCounts, readStoredTables } from './store/read-stored.ts';
import { SCHEMA, SERVICE } from './store/rows.ts';

export interface RpcParts {
  readonly scope: ServiceScope;
  readonly settings: RpcServerSettings;
  readonly keyRing: KeyRing;
  readonly pool: Pool;
  readonly producer: EventProducer;
  readonly policy: ContactPolicy | 'unreadable';
}

/** Listens until the scope is released. */
export function serveRpc({ scope, settings, keyRing, pool, producer, policy }: RpcParts): Promise<RpcServer> {
  const interventions = createInterventionService({ pool, policy });
  const operations = createOperationsService({
    ...{ service: SERVICE, schema: SCHEMA, pool, producer, outboxTopics: OUTBOX_TOPICS },
    stored: (verify) => (verify ? readStoredTables(pool) : readStoredCounts(pool)),
  });
  return createRpcServer({
    ...{ scope, keyRing, ...settings },
    services: (router) =>
      void router.service(InterventionService, interventions).service(OperationsService, operations),
  });
}
