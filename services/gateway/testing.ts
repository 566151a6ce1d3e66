/** For tests of the gateway: real HTTP before a real RPC server, behind which hand-written peers stand for the services. */
import type { DescService } from '@bufbuild/protobuf';
import type { ConnectRouter, Transport } from '@connectrpc/connect';
import type { OwnedScope } from '../platform/lifecycle/scope.ts';
import { createRpcTransport } from '../platform/rpc/client.ts';
import { createRpcHarness, type RpcHarness } from '../platform/testing/rpc.ts';
import { BACKENDS } from './backends.ts';
import { type GatewayOptions, serveGateway } from './server.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, unknown>;
}

/** A request with the client's key, or another, or none. */
export type Call = (path: string, init?: RequestInit & { readonly key?: string | null }) => Promise<Answer>;

export interface GatewayHarness extends RpcHarness {
  /** @param o.apiKey the gateway's own key for the services. */
  gateway(
    peers: (router: ConnectRouter) => void,
    o?: Partial<GatewayOptions> & { readonly apiKey?: string },
  ): Promise<{ readonly call: Call; readonly behind: OwnedScope; readonly owned: OwnedScope }>;
}

const BOUNDS = { host: '127.0.0.1', port: 0, deadlineMs: 5_000, maxBodyBytes: 1_048_576, maxInFlight: 16 };

export function createGatewayHarness(): GatewayHarness {
  const harness = createRpcHarness();
  const { keys, keyRing } = harness;
  return {
    ...harness,
    async gateway(peers, { apiKey = keys.service, ...o } = {}) {
      const [behind, owned] = [harness.scope(), harness.scope()];
      const { url: peerUrl } = await harness.serve(peers, { scope: behind.scope });
      const transport = createRpcTransport({ url: peerUrl, apiKey, deadlineMs: 5_000, scope: owned.scope });
      const backends = new Map<DescService, Transport>(
        Object.values(BACKENDS).map(({ service }) => [service, transport]),
      );
      const { url } = await serveGateway({ scope: owned.scope, keyRing, backends, ...BOUNDS, ...o });
      return { call: callerAt(url, keys.client), behind, owned };
    },
  };
}

/** A POST of JSON; text goes as it is. */
export function json(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
}

function callerAt(url: string, clientKey: string): Call {
  return async (path, { key = clientKey, ...init } = {}) => {
    const headers = new Headers(init.headers);
    if (key !== null) headers.set('authorization', `Bearer ${key}`);
    const response = await fetch(`${url}${path}`, { ...init, headers });
    const text = await response.text();
    return { status: response.status, headers: response.headers, json: text === '' ? {} : JSON.parse(text) };
  };
}
