/** Clients of what the engine's operator may ask: the operations that every service offers, and scoring's models. */
import { OperationsService } from '../../gen/pde/operations/v1/operations_service_pb.ts';
import { ScoringService } from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { createRpcClient } from '../platform/rpc/client.ts';
import { ensureApiKeys } from './api-keys.ts';
import type { RunningEngine } from './engine-file.ts';

const DEADLINE_MS = 60_000;

/** Services that keep dead letters. */
export const CONSUMERS = ['features', 'interventions'] as const;

export function operationsOf(running: RunningEngine, service: keyof RunningEngine['engine']['rpc']) {
  return createRpcClient(OperationsService, asOperator(running, service));
}

export function scoringOf(running: RunningEngine) {
  return createRpcClient(ScoringService, asOperator(running, 'scoring'));
}

function asOperator({ stateDir, engine }: RunningEngine, service: keyof RunningEngine['engine']['rpc']) {
  return { url: engine.rpc[service], apiKey: ensureApiKeys(stateDir).keys.operator, deadlineMs: DEADLINE_MS };
}
