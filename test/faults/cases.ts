/**
 * The fault matrix as data: each case once, in one list, for `npm run faults` and for the tests of `npm test` alike. A new case is a
 * new line here. Where a case leaves a range, the seed chooses (plan.ts), so case and seed together are one exact experiment.
 */
import type { ServiceName } from '../../services/cli/engine.ts';

/** Whole numbers or shares from the first to the second, both included. */
export type Range = readonly [number, number];

/** An instance of a service, the simulator that streams, or a part of the stack. */
export type Target = ServiceName | 'features-2' | 'scoring-2' | 'interventions-2' | 'simulator' | Part;
export type Part = 'kafka' | 'postgres' | 'registry';

/** When a fault strikes: at a share of the bank's transactions processed, or so long after the case's previous fault. */
export type Instant = { readonly share: Range } | { readonly afterMs: Range };

export type Fault =
  /** kill -9 of itself at the n-th passing of a named crash point. */
  | { readonly kind: 'point'; readonly target: Target; readonly point: string; readonly nth: Range }
  | {
      readonly kind: 'signal';
      readonly target: Target;
      readonly signal: 'SIGKILL' | 'SIGTERM';
      readonly when: Instant;
    }
  /** SIGSTOP, and SIGCONT after that long: the zombie. */
  | { readonly kind: 'pause'; readonly target: Target; readonly forMs: Range; readonly when: Instant };

export type Family = 'point' | 'kill' | 'term' | 'part' | 'zombie' | 'rebalance' | 'storm';

export interface FaultCase {
  readonly name: string;
  readonly family: Family;
  /** How many instances; absent: one of each. */
  readonly instances?: Partial<Record<ServiceName, number>>;
  readonly faults: readonly Fault[];
}

/** A case that needs what the machine or the matrix does not offer: it is printed as not run, and never counts as passed. */
export interface NotRun {
  readonly name: string;
  readonly why: string;
}

/** Silence after which the broker gives an instance's partitions away, in every case; the shortest that the services take. */
export const SESSION_TIMEOUT_MS = 6_000;

const MIDDLE: Instant = { share: [0.1, 0.8] };
const EARLY: Instant = { share: [0.1, 0.3] };
const TWO = { features: 2, scoring: 2, interventions: 2 } as const;

/** Every named crash point that a good record passes, by who passes it. */
export const CRASH_POINTS = {
  features: ['before-score', 'after-score-before-commit', 'after-move-before-commit', 'after-commit'],
  scoring: [
    'scoring-before-commit',
    'scoring-after-commit',
    'after-commit-before-publish',
    'between-publish-and-cursor',
  ],
  interventions: [
    'interventions-before-commit',
    'interventions-after-commit',
    'after-commit-before-publish',
    'between-publish-and-cursor',
  ],
  simulator: ['after-acknowledge-before-checkpoint'],
} as const;

/** A process killed at a named point, alone and beside a second instance. */
const points: readonly FaultCase[] = Object.entries(CRASH_POINTS).flatMap(([service, names]) =>
  names.flatMap((point): FaultCase[] => [
    { name: `${service}:${point}`, family: 'point', faults: [pointOf(service as Target, point, [2, 5])] },
    ...besideASecond(service, point),
  ]),
);

function besideASecond(service: string, point: string): FaultCase[] {
  if (service === 'simulator') return [];
  // Calls go to the first scoring; the second one only relays, and takes over what the first had leased.
  const target = service === 'scoring' ? service : `${service}-2`;
  const name = `${service}-of-two:${point}`;
  return [{ name, family: 'point', instances: { [service]: 2 }, faults: [pointOf(target as Target, point, [1, 3])] }];
}

/** Every point once, in as few runs as can be: in each, all services are killed, each at a point of its own. */
const pointsTogether: readonly FaultCase[] = CRASH_POINTS.features.map((_, i) => ({
  name: `points:${i + 1}`,
  family: 'storm',
  faults: Object.entries(CRASH_POINTS).flatMap(([service, names]) =>
    names.slice(i, i + 1).map((point) => pointOf(service as Target, point, [3, 3])),
  ),
}));

const services = ['features', 'scoring', 'interventions', 'gateway', 'simulator'] as const;

const kills: readonly FaultCase[] = services.map((target) => ({
  name: `kill:${target}`,
  family: 'kill',
  faults: [signalOf(target, 'SIGKILL')],
}));

const terms: readonly FaultCase[] = services.map((target) => ({
  name: `term:${target}`,
  family: 'term',
  faults: [signalOf(target, 'SIGTERM')],
}));

const parts: readonly FaultCase[] = [
  { name: 'kill:kafka', family: 'part', faults: [signalOf('kafka', 'SIGKILL')] },
  { name: 'kill:postgres', family: 'part', faults: [signalOf('postgres', 'SIGKILL')] },
  {
    name: 'kill:postgres-twice',
    family: 'part',
    faults: [
      signalOf('postgres', 'SIGKILL', { share: [0.1, 0.4] }),
      signalOf('postgres', 'SIGKILL', { share: [0.5, 0.8] }),
    ],
  },
  { name: 'kill:registry', family: 'part', faults: [signalOf('registry', 'SIGKILL')] },
  {
    // A service that comes up while the registry is away.
    name: 'kill:registry-then-features',
    family: 'part',
    faults: [signalOf('registry', 'SIGKILL'), signalOf('features', 'SIGKILL', { afterMs: [0, 300] })],
  },
];

const zombies: readonly FaultCase[] = (['features', 'scoring', 'interventions'] as const).map((service) => ({
  name: `zombie:${service}`,
  family: 'zombie',
  instances: { [service]: 2 },
  faults: [
    { kind: 'pause', target: service === 'scoring' ? service : `${service}-2`, forMs: [8_000, 11_000], when: EARLY },
  ],
}));

const rebalances: readonly FaultCase[] = [
  ...(['features', 'interventions'] as const).map(
    (service): FaultCase => ({
      name: `rebalance:${service}`,
      family: 'rebalance',
      instances: { [service]: 2 },
      faults: [
        signalOf(`${service}-2`, 'SIGTERM', { share: [0.1, 0.4] }),
        signalOf(service, 'SIGTERM', { share: [0.5, 0.8] }),
      ],
    }),
  ),
  ...(['features', 'interventions'] as const).map(
    (service): FaultCase => ({
      name: `kill-in-rebalance:${service}`,
      family: 'rebalance',
      instances: { [service]: 2 },
      faults: [signalOf(`${service}-2`, 'SIGTERM'), signalOf(service, 'SIGKILL', { afterMs: [0, 600] })],
    }),
  ),
];

const storms: readonly FaultCase[] = [
  {
    name: 'storm:all-services',
    family: 'storm',
    instances: TWO,
    faults: [
      signalOf('features', 'SIGKILL'),
      ...(
        ['features-2', 'scoring', 'scoring-2', 'interventions', 'interventions-2', 'gateway', 'simulator'] as const
      ).map((target) => signalOf(target, 'SIGKILL', { afterMs: [0, 50] })),
    ],
  },
  {
    name: 'storm:power-cut',
    family: 'storm',
    faults: [
      signalOf('postgres', 'SIGKILL'),
      ...(['kafka', 'registry', 'features', 'scoring', 'interventions', 'gateway', 'simulator'] as const).map(
        (target) => signalOf(target, 'SIGKILL', { afterMs: [0, 20] }),
      ),
    ],
  },
  {
    name: 'storm:one-after-another',
    family: 'storm',
    faults: [
      signalOf('scoring', 'SIGKILL', { share: [0.1, 0.2] }),
      signalOf('interventions', 'SIGTERM', { share: [0.25, 0.35] }),
      signalOf('simulator', 'SIGKILL', { share: [0.4, 0.5] }),
      signalOf('features', 'SIGKILL', { share: [0.55, 0.65] }),
      signalOf('gateway', 'SIGTERM', { share: [0.7, 0.8] }),
    ],
  },
];

export const CASES: readonly FaultCase[] = [
  ...points,
  ...kills,
  ...terms,
  ...parts,
  ...zombies,
  ...rebalances,
  ...pointsTogether,
  ...storms,
];

export const NOT_RUN: readonly NotRun[] = [
  {
    name: 'disk-full:postgres',
    why: 'not built: needs a small file system of its own for one folder, and the right to mount it',
  },
  {
    name: 'disk-full:kafka',
    why: 'not built: needs a small file system of its own for one folder, and the right to mount it',
  },
  { name: 'clock-jump', why: 'libfaketime is not installed' },
  { name: 'slow-connections', why: 'not built: needs a proxy between the parts' },
  { name: 'dropped-connections', why: 'not built: needs a proxy between the parts' },
];

function pointOf(target: Target, point: string, nth: Range): Fault {
  return { kind: 'point', target, point, nth };
}

function signalOf(target: Target, signal: 'SIGKILL' | 'SIGTERM', when: Instant = MIDDLE): Fault {
  return { kind: 'signal', target, signal, when };
}
