/**
 * The stacks on which cases run. Most need one thing of theirs: a listener of Kafka behind a proxy. A full disk and a part's clock need
 * a stack that stands on small file systems with libfaketime preloaded; it is started only where such a case is to run.
 */
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { removeState, type Stack, type StackOptions, startStack } from '../../services/stack/stack.ts';
import { createTemplateDatabase } from '../support/database.ts';
import { type Clock, createClock, provideFaketime } from './clock.ts';
import type { FaultCase } from './fault.ts';
import { createProxy, type TcpProxy } from './proxy.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

/** A stack, and the handles by which its surroundings are disturbed. */
export interface Lab {
  readonly stack: Stack;
  /** Clients of its port reach Kafka through it. */
  readonly kafkaProxy: TcpProxy;
  /** Null on the ordinary stack. */
  readonly special: Special | null;
  stop(): Promise<void>;
}

export interface Special {
  readonly disks: Readonly<Record<'kafka' | 'postgres', SmallDisk>>;
  readonly clocks: Readonly<Record<'kafka' | 'postgres', Clock>>;
}

/** Runs of hours are not to end because a machine was busy at their beginning. */
const READY_WITHIN_MS = 600_000;
const DISK_MEGABYTES = { kafka: 768, postgres: 1_024 } as const;

/** Whether the case needs the special stack. */
export function needsSpecial({ faults }: FaultCase): boolean {
  return faults.some(
    (fault) =>
      fault.kind === 'disk' || (fault.kind === 'clock' && (fault.target === 'kafka' || fault.target === 'postgres')),
  );
}

/** @throws NotOfferedError that says what this machine does not offer, where `isSpecial` */
export async function startLab(
  o: Pick<StackOptions, 'stateDir' | 'log'> & { readonly signal?: AbortSignal; readonly durable?: boolean },
  isSpecial: boolean,
): Promise<Lab> {
  mkdirSync(o.stateDir, { recursive: true });
  // PostgreSQL's user, where root starts it, has to pass through.
  await chmod(o.stateDir, 0o711);
  const special = isSpecial ? await prepareSpecial(o.stateDir) : null;
  const unmount = () => {
    for (const disk of Object.values(special?.disks ?? {})) disk.unmount();
  };
  const kafkaProxy = await createProxy();
  try {
    const port = await freePort();
    const via = { kafkaVia: { port, advertisedPort: kafkaProxy.port } };
    const clocks = special?.clocks;
    const env = clocks === undefined ? {} : { partEnv: { kafka: clocks.kafka.env, postgres: clocks.postgres.env } };
    const stack = await startStack({ ...o, ...via, ...env, readyWithinMs: READY_WITHIN_MS });
    kafkaProxy.leadTo(port);
    await createTemplateDatabase(stack.postgres);
    return {
      ...{ stack, kafkaProxy, special },
      async stop() {
        await stack.stop();
        await kafkaProxy.close();
        unmount();
        await removeState(o.stateDir);
      },
    };
  } catch (cause) {
    await kafkaProxy.close();
    unmount();
    throw cause;
  }
}

async function prepareSpecial(stateDir: string): Promise<Special> {
  const library = await provideFaketime(stateDir);
  const [kafka, postgres] = await Promise.all([
    createClock(stateDir, library, 'kafka'),
    createClock(stateDir, library, 'postgres'),
  ]);
  const disk = await mountSmallDisk(join(stateDir, 'kafka'), DISK_MEGABYTES.kafka);
  const other = await mountSmallDisk(join(stateDir, 'postgres'), DISK_MEGABYTES.postgres);
  return { clocks: { kafka, postgres }, disks: { kafka: disk, postgres: other } };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
