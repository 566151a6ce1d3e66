import { afterEach, describe, expect, it } from 'vitest';
import { InterventionService } from '../../gen/pde/interventions/v1/intervention_service_pb.ts';
import { end } from '../platform/testing/rpc.ts';
import { createGatewayHarness } from './testing.ts';

const harness = createGatewayHarness();
afterEach(harness.release);

describe('shutting down', () => {
  it('answers what is in flight and takes nothing more', async () => {
    const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { call, owned } = await harness.gateway((router) =>
      router.service(InterventionService, {
        getStats: async () => {
          begun.resolve();
          await go.promise;
          return { decisions: 1n };
        },
      }),
    );
    const held = call('/stats');
    await begun.promise;
    const released = end(owned);
    await expect(call('/stats')).rejects.toThrow();
    go.resolve();
    expect(await held).toMatchObject({ status: 200, json: { decisions: '1' } });
    expect(await released).toBe(true);
  });
});
