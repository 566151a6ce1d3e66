/**
 * What stands around the processes in one run: proxies on the links that its case strikes, clocks for the services that it moves, and
 * the means to strike links, tables, disks and clocks.
 */
import pg from 'pg';
import type { Stack } from '../../services/stack/stack.ts';
import type { RunningRun, Settings } from '../support/engine-run.ts';
import { type Clock, createClock, provideFaketime } from './clock.ts';
import type { Link } from './fault.ts';
import type { Lab } from './lab.ts';
import type { Planned, PlannedFault } from './plan.ts';
import { createProxy, type TcpProxy } from './proxy.ts';

/** A fault that strikes no process. */
export type Surrounding = Extract<PlannedFault, { readonly kind: 'link' | 'lock' | 'disk' | 'clock' }>;

export interface Surroundings {
  /** What leads the services through the proxies and gives them their clocks. */
  settings(stack: Stack): Settings;
  /** Resolves once it has struck; `over` resolves when the fault is over. */
  strike(run: RunningRun, fault: Surrounding): Promise<{ readonly over: Promise<void> }>;
  /** Call once the services are up: what leads to a service can be reached from then on. */
  attach(run: RunningRun): void;
  close(): Promise<void>;
}

const LOCK_WITHIN_MS = 60_000;

/** @param directory for the clocks' files */
export async function createSurroundings(
  lab: Lab,
  directory: string,
  plan: readonly PlannedFault[],
): Promise<Surroundings> {
  const proxies = await proxiesOf(lab, plan);
  const clocks = await clocksOf(lab, directory, plan);

  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

  async function strikeLink({ link, disturbance, forMs }: Planned & { kind: 'link' }) {
    const proxy = proxies.get(link)!;
    proxy.disturb(disturbance);
    return { over: wait(forMs).then(() => proxy.heal()) };
  }

  async function strikeDisk({ part, forMs }: Planned & { kind: 'disk' }) {
    const disk = lab.special!.disks[part];
    disk.fill();
    return { over: wait(forMs).then(() => disk.free()) };
  }

  return {
    settings: (stack) => ({ ...linkSettings(stack, proxies), ...clockSettings(clocks) }),
    async strike(run, fault) {
      switch (fault.kind) {
        case 'link':
          return await strikeLink(fault);
        case 'lock':
          return await lockTable(run, fault.table, wait(fault.forMs));
        case 'disk':
          return await strikeDisk(fault);
        case 'clock':
          await clocks.get(fault.target)!.set(fault.offsetMs);
          return { over: Promise.resolve() };
      }
    },
    attach(run) {
      const { port } = new URL(run.engine.addresses.scoring.rpcUrl);
      for (const [link, proxy] of proxies) if (serverOf(link) === 'scoring') proxy.leadTo(Number(port));
    },
    async close() {
      lab.kafkaProxy.heal();
      await Promise.all(
        [...proxies.values()].filter((proxy) => proxy !== lab.kafkaProxy).map((proxy) => proxy.close()),
      );
      await Promise.all(Object.values(lab.special?.disks ?? {}).map((disk) => disk.free()));
      await Promise.all([...clocks.values()].map((clock) => clock.set(0)));
    },
  };
}

/** Resolves once the lock is held: nobody can write then, everybody can read. */
async function lockTable(run: RunningRun, table: string, until: Promise<void>) {
  const client = new pg.Client({ connectionString: run.database.adminUrl });
  await client.connect();
  await client.query(`SET lock_timeout TO ${LOCK_WITHIN_MS}`);
  await client.query(`BEGIN; LOCK TABLE ${table} IN EXCLUSIVE MODE`);
  return { over: until.then(() => client.end()) };
}

async function proxiesOf(lab: Lab, plan: readonly PlannedFault[]): Promise<ReadonlyMap<Link, TcpProxy>> {
  const links = new Set(plan.flatMap((fault) => (fault.kind === 'link' ? [fault.link] : [])));
  const { postgres, registry } = lab.stack;
  const made = [...links].map(async (link): Promise<[Link, TcpProxy]> => {
    const server = serverOf(link);
    // The broker tells its clients one address: they share a proxy.
    if (server === 'kafka') return [link, lab.kafkaProxy];
    const proxy = await createProxy();
    if (server === 'postgres') proxy.leadTo(postgres.port);
    if (server === 'registry') proxy.leadTo(Number(new URL(registry.url).port));
    return [link, proxy];
  });
  return new Map(await Promise.all(made));
}

async function clocksOf(
  lab: Lab,
  directory: string,
  plan: readonly PlannedFault[],
): Promise<ReadonlyMap<string, Clock>> {
  const targets = new Set(plan.flatMap((fault) => (fault.kind === 'clock' ? [fault.target] : [])));
  const clocks = new Map<string, Clock>();
  for (const target of targets) {
    const own = target === 'kafka' || target === 'postgres' ? lab.special?.clocks[target] : undefined;
    clocks.set(target, own ?? (await createClock(directory, await provideFaketime(directory), target)));
  }
  return clocks;
}

function linkSettings(stack: Stack, proxies: ReadonlyMap<Link, TcpProxy>): Settings {
  const settings: Record<string, Record<string, string>> = {};
  for (const [link, { port }] of proxies) {
    const client = link.slice(0, link.indexOf('>'));
    settings[client] = { ...settings[client], ...addressVia(stack, client, serverOf(link), port) };
  }
  return settings;
}

function addressVia(stack: Stack, client: string, server: string, port: number): Record<string, string> {
  const at = `127.0.0.1:${port}`;
  switch (server) {
    case 'kafka':
      return { PDE_KAFKA_BROKERS: at };
    case 'registry':
      return { PDE_REGISTRY_URL: `http://${at}` };
    case 'scoring':
      return { PDE_SCORING_URL: `http://${at}` };
    default: {
      const url = new URL(stack.postgres.url(`pde_${client.replace(/-\d$/, '')}`));
      url.port = `${port}`;
      return { PDE_POSTGRES_URL: url.href };
    }
  }
}

function clockSettings(clocks: ReadonlyMap<string, Clock>): Settings {
  return Object.fromEntries([...clocks].map(([target, { env }]) => [target, env]));
}

function serverOf(link: Link): string {
  return link.slice(link.indexOf('>') + 1);
}
