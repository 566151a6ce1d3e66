/** For tests of RPCs: keys of each kind, and real servers on free ports that end with the test. Never part of a running service. */
import { ConnectError, type ConnectRouter } from '@connectrpc/connect';
import { Role } from '../../../gen/pde/options/v1/options_pb.ts';
import { createKey, createKeyRing, type KeyRing } from '../auth/key-ring.ts';
import { createScope, type OwnedScope } from '../lifecycle/scope.ts';
import { createRpcServer, type RpcServer, type RpcServerOptions } from '../rpc/server.ts';

export interface RpcHarness {
  /** Keys with one role each, all on the ring. */
  readonly keys: { readonly client: string; readonly operator: string; readonly service: string };
  /** Identities are "acme" (CLIENT), "ops" (OPERATOR) and "gateway" (SERVICE). */
  readonly keyRing: KeyRing;
  /** A scope that release() ends. */
  scope(): OwnedScope;
  /** Listens on loopback. */
  serve(services: (router: ConnectRouter) => void, options?: Partial<RpcServerOptions>): Promise<RpcServer>;
  /** Ends everything, latest first. For afterEach. */
  release(): Promise<void>;
}

export function createRpcHarness(): RpcHarness {
  const [client, operator, service] = [
    createKey('acme', [Role.CLIENT]),
    createKey('ops', [Role.OPERATOR]),
    createKey('gateway', [Role.SERVICE]),
  ];
  const keyRing = createKeyRing([client.record, operator.record, service.record]);
  const owned: OwnedScope[] = [];
  const scope = (): OwnedScope => {
    const made = createScope({ name: 'test' });
    owned.push(made);
    return made;
  };
  return {
    keys: { client: client.key, operator: operator.key, service: service.key },
    keyRing,
    scope,
    serve: (services, options) =>
      createRpcServer({ scope: scope().scope, keyRing, services, drainMs: 1_000, ...options }),
    async release() {
      for (const one of owned.splice(0).reverse()) await end(one);
    },
  };
}

/** Stops and releases a scope; answers whether that went well. */
export async function end(owned: OwnedScope): Promise<boolean> {
  owned.stop(new Error('test over'));
  return await owned.release(2_000);
}

/**
 * The ConnectError that a call fails with.
 *
 * @throws Error if it succeeds, or fails with anything else.
 */
export async function failure(call: Promise<unknown>): Promise<ConnectError> {
  const outcome = await call.then(
    () => new Error('the call succeeded'),
    (thrown: unknown) => thrown,
  );
  if (outcome instanceof ConnectError) return outcome;
  throw outcome;
}

/** Rejects when the signal aborts, and not before: a handler that takes for ever. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
