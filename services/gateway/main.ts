/** REST for outside clients, transcoded from the contract. Holds no state. */
import { loadKeyRing } from '../platform/auth/key-ring.ts';
import { runService } from '../platform/lifecycle/run-service.ts';
import { createRpcTransport } from '../platform/rpc/client.ts';
import { BACKENDS, type BackendName } from './backends.ts';
import { readGatewayConfig } from './config.ts';
import { serveGateway } from './server.ts';

await runService('gateway', readGatewayConfig, async (scope, config) => {
  const keyRing = await loadKeyRing(config.apiKeysFile);
  const { deadlineMs } = config;
  const transportTo = (name: BackendName) => createRpcTransport({ ...config.backends[name], deadlineMs, scope });
  const backends = new Map([
    [BACKENDS.scoring.service, transportTo('scoring')],
    [BACKENDS.interventions.service, transportTo('interventions')],
    [BACKENDS.features.service, transportTo('features')],
  ]);
  await serveGateway({ scope, ...config, keyRing, backends });
});
