/**
 * The engine's services as processes on a stack: what each is told by its environment, in which order they come up, and where
 * they can be reached. Services know nothing of one another but these addresses.
 */
import { join } from 'node:path';
import { choosePorts } from '../stack/ports.ts';
import type { ManagedProcess, Stack } from '../stack/stack.ts';
import type { ApiKeys } from './api-keys.ts';
import { modelDirectory, modelsDirectory } from './model-folders.ts';

export const SERVICES = ['scoring', 'interventions', 'features', 'gateway'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Services with tables of their own. */
const WITH_TABLES: readonly ServiceName[] = ['scoring', 'interventions', 'features'];

export interface EngineOptions {
  readonly root: string;
  readonly stateDir: string;
  readonly stack: Stack;
  readonly keys: ApiKeys;
  /** How many of each; absent means one. */
  readonly instances?: Partial<Record<ServiceName, number>>;
  /** Settings of one service or instance ("features" or "features-2") on top of what the engine tells it. */
  readonly settings?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface Engine {
  readonly addresses: Readonly<Record<ServiceName, Address>>;
  /** By instance name: "scoring", "features", "features-2". */
  readonly processes: ReadonlyMap<string, ManagedProcess>;
  stop(): Promise<void>;
}

export interface Address {
  readonly rpcUrl: string;
  readonly opsUrl: string;
}

const RESTART = { firstMs: 250, longestMs: 10_000 };

/**
 * Starts all services and resolves when each has said that it is ready.
 *
 * @throws StackError naming the service that did not become ready, and its log.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const instances = SERVICES.flatMap((service) => instanceNames(service, options.instances?.[service] ?? 1));
  const ports = await choosePorts(
    join(options.stateDir, 'ports.json'),
    instances.flatMap(({ name }) => [`${name}-rpc`, `${name}-ops`]),
  );
  const address = (name: string): Address => ({
    rpcUrl: `http://127.0.0.1:${ports[`${name}-rpc`]}`,
    opsUrl: `http://127.0.0.1:${ports[`${name}-ops`]}`,
  });
  const addresses = Object.fromEntries(SERVICES.map((service) => [service, address(service)])) as Engine['addresses'];
  const processes = new Map<string, ManagedProcess>();
  for (const { service, name } of instances) {
    const env = {
      ...ownSettings(),
      ...environmentOf(service, options, addresses),
      PDE_RPC_PORT: String(ports[`${name}-rpc`]),
      PDE_OPS_PORT: String(ports[`${name}-ops`]),
      ...options.settings?.[service],
      ...options.settings?.[name],
    };
    processes.set(name, spawnService(service, name, env, options));
  }
  await Promise.all([...processes.values()].map(({ ready }) => ready));
  return {
    addresses,
    processes,
    async stop() {
      await Promise.all([...processes.values()].map((process) => process.stop()));
    },
  };
}

function instanceNames(service: ServiceName, count: number) {
  return Array.from({ length: count }, (_, i) => ({ service, name: i === 0 ? service : `${service}-${i + 1}` }));
}

/** Settings that whoever started us gave for the services. */
function ownSettings(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('PDE_')));
}

function environmentOf(
  service: ServiceName,
  options: EngineOptions,
  addresses: Engine['addresses'],
): Record<string, string> {
  const { stack, keys, root } = options;
  const kafka = stack.kafka.credentials(service);
  return {
    PDE_API_KEYS_FILE: keys.ringFile,
    PDE_API_KEY: keys.keys[service],
    PDE_KAFKA_BROKERS: stack.kafka.brokers,
    PDE_KAFKA_USERNAME: kafka.username,
    PDE_KAFKA_PASSWORD: kafka.password,
    PDE_REGISTRY_URL: stack.registry.url,
    PDE_FEATURES_URL: addresses.features.rpcUrl,
    PDE_SCORING_URL: addresses.scoring.rpcUrl,
    PDE_INTERVENTIONS_URL: addresses.interventions.rpcUrl,
    PDE_MODEL_DIR: modelDirectory(root),
    PDE_MODELS_DIR: modelsDirectory(root),
    ...(WITH_TABLES.includes(service) ? { PDE_POSTGRES_URL: stack.postgres.url(`pde_${service}`) } : {}),
  };
}

function spawnService(
  service: ServiceName,
  name: string,
  env: Record<string, string | undefined>,
  options: EngineOptions,
) {
  return options.stack.spawnProcess({
    name,
    command: process.execPath,
    args: ['--disable-warning=TimeoutNegativeWarning', join(options.root, 'services', service, 'main.ts')],
    // An armed crash point strikes once: whoever comes up again comes up without it.
    env: (restarts) => (restarts === 0 ? env : { ...env, PDE_CRASH_POINT: undefined }),
    logFile: join(options.stateDir, 'logs', `${name}.log`),
    restart: RESTART,
  });
}
