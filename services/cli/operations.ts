/** Clients of what people ask the services directly: the operations that every service offers, and scoring's models and scores. */
import { OperationsService } from '../../gen/pde/operations/v1/operations_service_pb.ts';
import { ScoringService } from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { createRpcClient } from '../platform/rpc/client.ts';
import { ensureApiKeys, type KeyHolder } from './api-keys.ts';
import type { RunningEngine } from './engine-file.ts';

const DEADLINE_MS = 60_000;

/** Services that keep dead letters. */
export const CONSUMERS = ['features', 'interventions'] as const;

export function operationsOf(running: RunningEngine, service: keyof RunningEngine['engine']['rpc']) {
  return createRpcClient(OperationsService, as('operator', running, service));
}

/** Scoring, as one of those who may ask it. */
export function scoringOf(running: RunningEngine, holder: 'operator' | 'officer' = 'operator') {
  return createRpcClient(ScoringService, as(holder, running, 'scoring'));
}

function as(holder: KeyHolder, { stateDir, engine }: RunningEngine, service: keyof RunningEngine['engine']['rpc']) {
  return { url: engine.rpc[service], apiKey: ensureApiKeys(stateDir).keys[holder], deadlineMs: DEADLINE_MS };
}
