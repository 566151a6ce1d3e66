/** Free loopback ports, remembered so that a second start offers the same addresses where they are still free. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

const HOST = '127.0.0.1';

/** A port for each name: the one remembered in `file` where it is free, else any free one; `file` is rewritten. */
export async function choosePorts<N extends string>(file: string, names: readonly N[]): Promise<Record<N, number>> {
  const remembered = readRemembered(file);
  // All stay bound until all are chosen: no two names get one port.
  const held = await holdAll(names, remembered);
  const chosen = Object.fromEntries(names.map((name, i) => [name, held[i]!.port])) as Record<N, number>;
  await Promise.all(held.map((each) => each.release()));
  writeFileSync(file, `${JSON.stringify({ ...remembered, ...chosen }, null, 2)}\n`);
  return chosen;
}

interface HeldPort {
  readonly port: number;
  release(): Promise<void>;
}

async function holdAll(names: readonly string[], remembered: Record<string, number>): Promise<readonly HeldPort[]> {
  const held: HeldPort[] = [];
  const old = await Promise.all(names.map((name) => (remembered[name] ? tryHold(remembered[name]) : null)));
  for (const each of old) held.push(each ?? (await hold(0)));
  return held;
}

/** Whether nobody listens on this loopback port. */
export async function isFree(port: number): Promise<boolean> {
  const held = await tryHold(port);
  await held?.release();
  return held !== null;
}

async function tryHold(port: number): Promise<HeldPort | null> {
  try {
    return await hold(port);
  } catch {
    return null;
  }
}

function hold(port: number): Promise<HeldPort> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: HOST, port, exclusive: true }, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('a TCP server without a port'));
      resolve({ port: address.port, release: () => new Promise((done) => server.close(() => done())) });
    });
  });
}

function readRemembered(file: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  } catch {
    return {};
  }
}
