/** The proxy between two parts does to a connection what a case says, and nothing else. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProxy, type TcpProxy } from './proxy.ts';

/** Answers every piece it gets with the same, and keeps what it got. */
const echo = createServer((socket) => {
  socket.on('error', () => undefined).on('data', (piece) => got.push(String(piece)));
  socket.pipe(socket);
});
const got: string[] = [];
const HOLE_MS = 300;

describe('a proxy', () => {
  let proxy: TcpProxy;
  let client: Socket;
  beforeEach(async () => {
    got.length = 0;
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    proxy = await createProxy();
    proxy.leadTo((echo.address() as AddressInfo).port);
    client = await connected(proxy);
  });
  afterEach(async () => {
    client.destroy();
    await proxy.close();
    echo.close();
    await once(echo, 'close');
  });

  it('passes every byte in order, whatever their number', async () => {
    const sent = Buffer.alloc(
      3_000_000,
      Uint8Array.from({ length: 251 }, (_, i) => i),
    );
    client.end(sent);
    expect(Buffer.concat(await client.toArray()).equals(sent)).toBe(true);
  });

  it('takes its time where it is slow', async () => {
    await ask(client, 'a');
    proxy.disturb('slow');
    const begunMs = performance.now();
    await ask(client, 'b');
    expect(performance.now() - begunMs).toBeGreaterThan(75);
  });

  it('holds bytes in a hole and gives them on afterwards', async () => {
    proxy.disturb('hole');
    const answer = ask(client, 'late');
    expect(await Promise.race([answer, delay(HOLE_MS, 'nothing')])).toBe('nothing');
    proxy.heal();
    expect(await answer).toBe('late');
  });

  it('gives on what a hole held even to whom the sender no longer waits for', async () => {
    await ask(client, 'first');
    proxy.disturb('hole');
    client.end('second');
    await delay(HOLE_MS);
    expect(got).toEqual(['first']);
    proxy.heal();
    await expect.poll(() => got).toEqual(['first', 'second']);
  });

  it('resets what is open when it is cut, and what comes while it is', async () => {
    await ask(client, 'a');
    proxy.disturb('cut');
    await expect(once(client, 'data')).rejects.toThrow();
    await expect(connected(proxy).then((socket) => ask(socket, 'b'))).rejects.toThrow();
    proxy.heal();
    expect(await ask(await connected(proxy), 'c')).toBe('c');
  });
});

async function connected({ port }: TcpProxy): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function ask(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [answer] = await once(socket, 'data');
  return String(answer);
}
