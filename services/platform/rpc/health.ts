/** grpc.health.v1 for probes: the only service that needs no key. It says nothing but whether this process serves. */
import { setInterval as everyMs } from 'node:timers/promises';
import type { DescService } from '@bufbuild/protobuf';
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import { Health, HealthCheckResponse_ServingStatus as Status } from '../../../gen/grpc/health/v1/health_pb.ts';
import type { ServiceScope } from '../lifecycle/scope.ts';

const WATCH_INTERVAL_MS = 1_000;

/** True for the service that may be called without a key. */
export function isOpen(service: DescService): boolean {
  return service.typeName === Health.typeName;
}

/**
 * Adds the service.
 *
 * @param services names of the services offered; each is as healthy as the process.
 */
export function serveHealth(router: ConnectRouter, scope: ServiceScope, services: () => readonly string[]): void {
  const status = (): Status =>
    scope.signal.aborted || scope.notReady().length > 0 ? Status.NOT_SERVING : Status.SERVING;
  const isKnown = (name: string): boolean => name === '' || services().includes(name);
  router.service(Health, {
    check: ({ service }) => {
      if (!isKnown(service)) throw new ConnectError(`no service ${JSON.stringify(service)} here`, Code.NotFound);
      return { status: status() };
    },
    list: () => ({ statuses: Object.fromEntries(['', ...services()].map((name) => [name, { status: status() }])) }),
    watch: async function* ({ service }, { signal }) {
      if (!isKnown(service)) {
        yield { status: Status.SERVICE_UNKNOWN };
        return;
      }
      let told = status();
      yield { status: told };
      const ended = AbortSignal.any([signal, scope.signal]);
      for await (const _ of untilAborted(everyMs(WATCH_INTERVAL_MS, undefined, { signal: ended }), ended)) {
        const now = status();
        if (now !== told) yield { status: now };
        told = now;
      }
    },
  });
}

async function* untilAborted(ticks: AsyncIterable<unknown>, signal: AbortSignal): AsyncGenerator<void> {
  try {
    for await (const _ of ticks) yield;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
