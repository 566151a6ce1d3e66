/** What is seen of every call: metrics by method and code, how many are in flight, and the log of what nobody expected. */
import { Code, type ConnectError, type HandlerContext, type Interceptor } from '@connectrpc/connect';
import type { Principal } from '../auth/principal.ts';
import type { ServiceScope } from '../lifecycle/scope.ts';
import { callerOf } from './caller.ts';
import { codeName, toWireError } from './errors.ts';
import { isOpen } from './health.ts';

export interface CallObserver {
  /** Outermost: counts, times, maps errors to the wire and logs the unexpected. */
  readonly interceptor: Interceptor;
  /** Runs the gate; counts and maps what it throws, since interceptors do not see it. */
  refusals(context: HandlerContext, gate: () => void): void;
  /** Calls whose handlers are running, health's not counted. */
  inFlight(): number;
}

export function createCallObserver({ log, metrics }: ServiceScope): CallObserver {
  let inFlight = 0;
  const calls = metrics.counter('rpc_server_calls_total', 'RPCs answered', ['method', 'code']);
  const durations = metrics.histogram('rpc_server_duration_ms', 'time from request to answer', ['method']);
  metrics.observed('rpc_server_in_flight', 'RPCs whose handlers are running', () => inFlight);

  const failed = (method: string, error: unknown, signal: AbortSignal, caller: Principal | null): ConnectError => {
    const wire = toWireError(error, signal);
    calls.inc({ method, code: codeName(wire.code) });
    if (UNEXPECTED.includes(wire.code)) {
      log.error({ event: 'rpc-failed', method, caller: caller?.id, endCaller: caller?.endCaller?.id, cause: error });
    }
    return wire;
  };

  const interceptor: Interceptor = (next) => async (request) => {
    const method = `${request.service.typeName}/${request.method.name}`;
    const counted = isOpen(request.service) ? 0 : 1;
    const startMs = performance.now();
    inFlight += counted;
    try {
      const response = await next(request);
      calls.inc({ method, code: codeName(null) });
      return response;
    } catch (error) {
      throw failed(method, error, request.signal, counted === 0 ? null : callerOf({ values: request.contextValues }));
    } finally {
      inFlight -= counted;
      durations.observe({ method }, performance.now() - startMs);
    }
  };
  return {
    interceptor,
    inFlight: () => inFlight,
    refusals: (context, gate) => {
      try {
        gate();
      } catch (error) {
        throw failed(`${context.service.typeName}/${context.method.name}`, error, context.signal, null);
      }
    },
  };
}

const UNEXPECTED: readonly Code[] = [Code.Internal, Code.Unknown, Code.DataLoss];
