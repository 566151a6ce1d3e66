import { randomUUID } from 'node:crypto';
import { ensureApiKeys } from '../api-keys.ts';
import type { RunningEngine } from '../engine-file.ts';
import { createGatewayClient, type PredictionJson, predictionText } from '../gateway-client.ts';

export interface ScoreOptions {
  readonly at?: string;
  readonly json?: boolean;
}

/** `pde score CUSTOMER`: scores one customer through the public interface, as an outside client would. */
export async function score(
  { stateDir, engine }: RunningEngine,
  customerId: string,
  options: ScoreOptions,
): Promise<string> {
  const gateway = createGatewayClient(engine.gatewayUrl, ensureApiKeys(stateDir).keys.client);
  const { prediction } = await gateway.post<{ prediction: PredictionJson }>('/predict', {
    customer_id: customerId,
    idempotency_key: randomUUID(),
    ...(options.at === undefined ? {} : { observation_time: options.at }),
  });
  return options.json === true ? JSON.stringify(prediction, null, 2) : predictionText(prediction);
}
