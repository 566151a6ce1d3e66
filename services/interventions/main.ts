/** interventions: predictions in; decisions kept; offers of help and what a dashboard shows out. */
import { customerText } from '../domain/features/reason-text.ts';
import { loadKeyRing } from '../platform/auth/key-ring.ts';
import { runService } from '../platform/lifecycle/run-service.ts';
import { readInterventionsConfig } from './config.ts';
import { connect } from './connections.ts';
import { startConsuming } from './consuming.ts';
import { loadContactPolicy } from './contact-policy.ts';
import { serveRpc } from './serve-rpc.ts';
import { SERVICE } from './store/rows.ts';
import { isKnownTimeZone } from './time-zones.ts';

await runService(SERVICE, readInterventionsConfig, async (scope, config) => {
  const policy = await loadContactPolicy(scope, config.policyFile);
  const keyRing = await loadKeyRing(config.rpc.apiKeysFile);
  const parts = await connect(scope, config);
  await startConsuming({ scope, config, ...parts, context: { policy, isKnownTimeZone, wordsFor: customerText } });
  await serveRpc({ scope, settings: config.rpc, keyRing, ...parts, policy });
});
