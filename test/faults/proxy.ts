/**
 * A TCP proxy between two parts of the engine, that can be slow, cut, or a hole. Bytes are never changed, lost or reordered within a
 * connection that is not cut: what a hole held is given on afterwards, be it to somebody who no longer waits for it.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Disturbance } from './fault.ts';

export interface TcpProxy {
  readonly port: number;
  /** Until then nothing is asked of whom it leads to: connections wait. */
  leadTo(port: number): void;
  disturb(how: Disturbance): void;
  /** Back to a plain wire; what was held goes on. */
  heal(): void;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const SLOW_MS = 40;

/** @param port where it listens; 0 chooses a free one */
export async function createProxy(port = 0): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const target = Promise.withResolvers<number>();
  let disturbance: Disturbance | null = null;
  let healed = Promise.withResolvers<void>();

  async function* passed(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      if (disturbance === 'slow') await delay(SLOW_MS);
      while (disturbance === 'hole') await healed.promise;
      yield piece;
    }
    while (disturbance === 'hole') await healed.promise;
  }

  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };

  async function join(client: Socket): Promise<void> {
    keep(client);
    if (disturbance === 'cut') {
      client.resetAndDestroy();
      return;
    }
    const server = keep(connect({ host: HOST, port: await target.promise, allowHalfOpen: true }));
    // Whoever of the two is gone takes the other along; what goes wrong on a connection is its ends' affair.
    await Promise.all([pipeline(client, passed, server), pipeline(server, passed, client)]).catch(() => undefined);
    client.destroy();
    server.destroy();
  }

  const listener = createServer({ allowHalfOpen: true }, (client) => void join(client));
  listener.listen(port, HOST);
  await once(listener, 'listening');
  const resetAll = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: (listener.address() as AddressInfo).port,
    leadTo: target.resolve,
    disturb(how) {
      disturbance = how;
      if (how === 'cut') resetAll();
    },
    heal() {
      disturbance = null;
      healed.resolve();
      healed = Promise.withResolvers();
    },
    async close() {
      disturbance = 'cut';
      healed.resolve();
      resetAll();
      listener.close();
      await once(listener, 'close');
    },
  };
}
