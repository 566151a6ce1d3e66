/**
 * The local stack: PostgreSQL, Kafka and the schema registry on loopback, with their data in one state directory.
 *
 *   <stateDir>/owner.json     who owns it (state-lock.ts)        <stateDir>/ports.json    ports, reused while free
 *   <stateDir>/secrets.json   passwords, owner's only            <stateDir>/logs/         one log per process
 *   <stateDir>/postgres/      or a link to it, see postgres-place.ts
 *   <stateDir>/kafka/         server.properties and the log
 *
 * The owner is the process that called startStack: when it ends, in whatever way, all of it ends.
 */
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { StackError } from './errors.ts';
import { startKafka } from './kafka.ts';
import { CONTROLLER_USER, KAFKA_USERS, type KafkaVia } from './kafka-properties.ts';
import { choosePorts } from './ports.ts';
import { startPostgres } from './postgres.ts';
import { type PostgresPlace, preparePostgresPlace, removePostgresHome } from './postgres-place.ts';
import { ADMIN_ROLE, ENGINE_DATABASE, POSTGRES_ROLES, REGISTRY_DATABASE, REGISTRY_ROLE } from './postgres-roles.ts';
import { type Provided, provideArtefacts } from './provide-artefacts.ts';
import { startRegistry } from './registry.ts';
import { loadSecrets, type StackSecrets } from './secrets.ts';
import { readStackSettings, type StackSettings } from './settings.ts';
import { assertUnowned } from './state-lock.ts';
import {
  createSupervisor,
  type ManagedProcess,
  type ReadyPorts,
  type SpawnOptions,
  type Supervisor,
} from './supervisor.ts';

export { StackError } from './errors.ts';
export { type Interrupt, listenForInterrupt } from './interrupt.ts';
export type { Exit, ManagedProcess, ReadyPorts, SpawnOptions } from './supervisor.ts';

export interface StackOptions {
  /** Made if missing; owned by one process at a time. */
  readonly stateDir: string;
  /** Default: setting PDE_CACHE_DIR. */
  readonly cacheDir?: string;
  /** Gets a line for a person to read, without a newline. */
  readonly log: (line: string) => void;
  /** False only for tests that prove nothing about durability: PostgreSQL's fsync is then off. Default true. */
  readonly durable?: boolean;
  /** Aborting stops what has begun; startStack then rejects. */
  readonly signal?: AbortSignal;
  /** Where the settings are read from. Default: this process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** How long each part may take to come up. Default 120,000. */
  readonly readyWithinMs?: number;
  /** A second listener of Kafka's, for clients that reach it through something in between, which listens on the advertised port. */
  readonly kafkaVia?: KafkaVia;
  /** Variables of one part's server, on top of its own. */
  readonly partEnv?: Readonly<Partial<Record<'postgres' | 'kafka', Readonly<Record<string, string>>>>>;
}

export type KafkaUser = (typeof KAFKA_USERS)[number];

export interface StackFacts {
  readonly stateDir: string;
  readonly postgres: {
    readonly host: string;
    readonly port: number;
    readonly database: string;
    readonly passwords: Readonly<Record<string, string>>;
  };
  readonly kafka: { readonly brokers: string; readonly passwords: Readonly<Record<string, string>> };
  readonly registry: { readonly url: string };
}

export interface StackParts {
  readonly postgres: ManagedProcess<true>;
  readonly kafka: ManagedProcess<true>;
  readonly registry: ManagedProcess<true>;
}

export interface Stack {
  readonly stateDir: string;
  readonly postgres: {
    readonly host: string;
    readonly port: number;
    readonly database: string;
    /** Connection URL of a role such as pde_features or pde_features_owner, by default to the engine's database. */
    url(role: string, database?: string): string;
    /** As superuser, for making and dropping databases. */
    readonly adminUrl: string;
  };
  readonly kafka: {
    /** host:port, for PDE_KAFKA_BROKERS. */
    readonly brokers: string;
    credentials(user: KafkaUser): { readonly username: string; readonly password: string };
  };
  readonly registry: { readonly url: string };
  /** The processes behind them: whoever of them ends by itself is started again. */
  readonly parts: StackParts;
  /** Plain data, from which stackFrom makes the accessors again in another process. */
  readonly facts: StackFacts;
  /** Starts a process that lives and dies with this stack. */
  spawnProcess<T = ReadyPorts>(options: SpawnOptions<T>): ManagedProcess<T>;
  /** Ends services first, then the registry and Kafka, then PostgreSQL; resolves when nothing is left. May be called twice. */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
  /** Kills everything at once, for a second Ctrl-C. */
  killAll(): void;
}

const PORT_NAMES = ['postgres', 'kafkaBroker', 'kafkaController', 'registry', 'registryManagement'] as const;
type Ports = Record<(typeof PORT_NAMES)[number], number>;
const HOST = '127.0.0.1';
const ATTEMPTS = 3;
const READY_WITHIN_MS = 120_000;

/**
 * Starts the stack and resolves once all three parts serve. What a first start makes (data, passwords, ports) a later one finds.
 * Throws StackError with one line for a person; nothing is left running then.
 */
export async function startStack(o: StackOptions): Promise<Stack> {
  const stateDir = resolve(o.stateDir);
  const settings = withCacheDir(readStackSettings(o.env ?? process.env), o.cacheDir);
  // A port found free may be taken before its server binds it: then all of it is tried again with others.
  for (let attempt = 1; ; attempt++) {
    const supervisor = await createSupervisor({ stateDir, log: o.log });
    try {
      return await bringUp({ ...o, stateDir }, settings, supervisor);
    } catch (cause) {
      await supervisor.stop({ graceMs: 5_000 });
      if (o.signal?.aborted) throw new StackError('the start was interrupted', { cause });
      if (!(cause instanceof StackError) || attempt === ATTEMPTS || !(await portWasTaken(stateDir))) throw cause;
      o.log('a port was taken in the meantime; trying others');
    }
  }
}

/** Removes a stopped stack's state directory with everything it keeps elsewhere. Throws StackError where it is in use. */
export async function removeState(stateDir: string): Promise<void> {
  assertUnowned(stateDir);
  await removePostgresHome(stateDir);
  await rm(stateDir, { recursive: true, force: true });
}

/** The accessors of a stack that another process owns. */
export function stackFrom(facts: StackFacts): Pick<Stack, 'stateDir' | 'postgres' | 'kafka' | 'registry' | 'facts'> {
  const { host, port, database, passwords } = facts.postgres;
  const url = (role: string, name = database) => `postgres://${role}:${known(passwords, role)}@${host}:${port}/${name}`;
  return {
    stateDir: facts.stateDir,
    postgres: { host, port, database, url, adminUrl: url(ADMIN_ROLE, 'postgres') },
    kafka: {
      brokers: facts.kafka.brokers,
      credentials: (user) => ({ username: user, password: known(facts.kafka.passwords, user) }),
    },
    registry: facts.registry,
    facts,
  };
}

async function bringUp(o: StackOptions, settings: StackSettings, supervisor: Supervisor): Promise<Stack> {
  const { stateDir, signal, log } = o;
  const begun = performance.now();
  const secrets = await loadSecrets(join(stateDir, 'secrets.json'), {
    postgres: POSTGRES_ROLES,
    kafka: [...KAFKA_USERS, CONTROLLER_USER],
  });
  const ports: Ports = await choosePorts(join(stateDir, 'ports.json'), PORT_NAMES);
  const place = await preparePostgresPlace({ stateDir, stackId: secrets.stackId, userName: settings.postgresUser });
  const provided = provideArtefacts({ settings, run: supervisor.runTool, log, signal });
  const parts = await partsOrAborted(startParts(o, { supervisor, secrets, ports, place, provided }), signal);
  log(`PostgreSQL, Kafka and the registry are up (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
  return {
    ...stackFrom(factsOf(stateDir, ports, secrets)),
    parts,
    spawnProcess: supervisor.spawnProcess,
    stop: supervisor.stop,
    killAll: supervisor.killAll,
  };
}

interface PartNeeds {
  readonly supervisor: Supervisor;
  readonly secrets: StackSecrets;
  readonly ports: Ports;
  readonly place: PostgresPlace;
  readonly provided: Promise<Provided>;
}

// PostgreSQL needs nothing that is fetched, Kafka only Java, the registry both: each begins as soon as it can.
async function startParts(
  o: StackOptions,
  { supervisor, secrets, ports, place, provided }: PartNeeds,
): Promise<StackParts> {
  const logFile = (name: string) => join(o.stateDir, 'logs', `${name}.log`);
  const common = { supervisor, signal: o.signal, readyWithinMs: o.readyWithinMs ?? READY_WITHIN_MS };
  const starting = startPostgres({
    ...common,
    place,
    port: ports.postgres,
    passwords: secrets.postgres,
    logFile: logFile('postgres'),
    durable: o.durable ?? true,
    env: o.partEnv?.postgres ?? {},
  });
  const kafka = provided.then(({ java, kafkaJars }) =>
    startKafka({
      ...common,
      directory: join(o.stateDir, 'kafka'),
      java,
      jars: kafkaJars,
      ports: { broker: ports.kafkaBroker, controller: ports.kafkaController },
      users: KAFKA_USERS,
      passwords: secrets.kafka,
      logFile: logFile('kafka'),
      via: o.kafkaVia,
      env: o.partEnv?.kafka ?? {},
    }),
  );
  const registry = Promise.all([provided, starting]).then(([{ java, registryHome }]) =>
    startRegistry({
      ...common,
      home: registryHome,
      java,
      port: ports.registry,
      managementPort: ports.registryManagement,
      postgres: {
        port: ports.postgres,
        database: REGISTRY_DATABASE,
        role: REGISTRY_ROLE,
        password: known(secrets.postgres, REGISTRY_ROLE),
      },
      logFile: logFile('registry'),
    }),
  );
  const [postgres, broker, schemas] = await Promise.all([starting, kafka, registry]);
  return { postgres, kafka: broker, registry: schemas };
}

async function partsOrAborted(parts: Promise<StackParts>, signal: AbortSignal | undefined): Promise<StackParts> {
  const aborted = new Promise<never>((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => {});
  return await Promise.race([parts, aborted]);
}

function factsOf(stateDir: string, ports: Ports, secrets: StackSecrets): StackFacts {
  return {
    stateDir,
    postgres: { host: HOST, port: ports.postgres, database: ENGINE_DATABASE, passwords: secrets.postgres },
    kafka: { brokers: `${HOST}:${ports.kafkaBroker}`, passwords: secrets.kafka },
    registry: { url: `http://${HOST}:${ports.registry}` },
  };
}

async function portWasTaken(stateDir: string): Promise<boolean> {
  const file = join(stateDir, 'ports.json');
  const before = await readFile(file, 'utf8');
  const after = JSON.stringify(await choosePorts(file, PORT_NAMES));
  return JSON.stringify(JSON.parse(before)) !== after;
}

function withCacheDir(settings: StackSettings, cacheDir: string | undefined): StackSettings {
  return cacheDir === undefined ? settings : { ...settings, cacheDir: resolve(cacheDir) };
}

function known(passwords: Readonly<Record<string, string>>, name: string): string {
  const password = passwords[name];
  if (password === undefined) throw new StackError(`the stack knows no user ${name}`);
  return password;
}
