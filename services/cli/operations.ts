/** Clients of the operations that every service offers, as the engine's operator. */
import { OperationsService } from '../../gen/pde/operations/v1/operations_service_pb.ts';
import { createRpcClient } from '../platform/rpc/client.ts';
import { ensureApiKeys } from './api-keys.ts';
import type { RunningEngine } from './engine-file.ts';

const DEADLINE_MS = 60_000;

/** Services that keep dead letters. */
export const CONSUMERS = ['features', 'interventions'] as const;

export function operationsOf({ stateDir, engine }: RunningEngine, service: keyof RunningEngine['engine']['rpc']) {
  const apiKey = ensureApiKeys(stateDir).keys.operator;
  return createRpcClient(OperationsService, { url: engine.rpc[service], apiKey, deadlineMs: DEADLINE_MS });
}
