/** Cases in which processes of the engine and of the stack are killed, ended, stopped, or come and go. */
import {
  BEYOND_SESSION,
  EARLY,
  type Fault,
  type FaultCase,
  type Instant,
  MIDDLE,
  type Range,
  type Target,
} from './fault.ts';

const TWO = { features: 2, scoring: 2, interventions: 2 } as const;

/** Every named crash point that a good record passes, by who passes it. */
export const CRASH_POINTS = {
  features: [
    'before-score',
    'after-score-before-commit',
    'after-move-before-commit',
    'after-commit',
    'after-vectors-before-commit',
  ],
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

/** Of these, whoever publishes an outbox passes them. */
const RELAYING: readonly string[] = ['after-commit-before-publish', 'between-publish-and-cursor'];

/** A process killed at a named point, alone and beside a second instance. */
const points: readonly FaultCase[] = Object.entries(CRASH_POINTS).flatMap(([service, names]) =>
  names.flatMap((point): FaultCase[] => [
    { name: `${service}:${point}`, family: 'point', faults: [pointOf(service as Target, point, [2, 5])] },
    ...besideASecond(service, point),
  ]),
);

function besideASecond(service: string, point: string): FaultCase[] {
  if (service === 'simulator') return [];
  const name = `${service}-of-two:${point}`;
  const fault = { ...pointOf(passerOf(service), point, [1, 3]), ...relayedBy(service, point) };
  return [{ name, family: 'point', instances: { [service]: 2 }, faults: [fault] }];
}

/** Who of two passes a point: calls go to the first scoring, partitions to both. */
function passerOf(service: string): Target {
  return (service === 'scoring' ? service : `${service}-2`) as Target;
}

/** Either of two may hold the leases of the outbox: whoever came first, and then whoever takes over. */
function relayedBy(service: string, point: string): { readonly or?: Target } {
  if (!RELAYING.includes(point)) return {};
  return { or: (service === 'scoring' ? `${service}-2` : service) as Target };
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

const zombies: readonly FaultCase[] = [
  ...(['features', 'scoring', 'interventions'] as const).map(
    (service): FaultCase => ({
      name: `zombie:${service}`,
      family: 'zombie',
      instances: { [service]: 2 },
      faults: [
        {
          kind: 'pause',
          target: service === 'scoring' ? service : `${service}-2`,
          forMs: BEYOND_SESSION,
          when: EARLY,
        },
      ],
    }),
  ),
  // In the middle of a batch: it wakes with vectors, a transaction or an answer in hand that another owner has long dealt with.
  ...(
    [
      ['features', 'after-vectors-before-commit'],
      ['features', 'after-score-before-commit'],
      ['features', 'after-commit'],
      ['interventions', 'interventions-before-commit'],
      ['interventions', 'interventions-after-commit'],
      ['scoring', 'after-commit-before-publish'],
      ['scoring', 'between-publish-and-cursor'],
    ] as const
  ).map(
    ([service, point]): FaultCase => ({
      name: `zombie-at:${service}:${point}`,
      family: 'zombie',
      instances: { [service]: 2 },
      faults: [
        {
          ...{ kind: 'point', point, nth: [1, 3], forMs: BEYOND_SESSION },
          ...(service === 'scoring'
            ? { target: service, ...relayedBy(service, point) }
            : { target: `${service}-2`, takenOver: true }),
        },
      ],
    }),
  ),
  {
    // What the simulator sends again lies in features' backlog, between records that are new: one batch holds both.
    name: 'duplicates:in-a-backlog',
    family: 'zombie',
    faults: [
      { kind: 'point', target: 'features', point: 'before-score', nth: [1, 1], forMs: BEYOND_SESSION },
      pointOf('simulator', 'after-acknowledge-before-checkpoint', [2, 5]),
    ],
  },
];

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

// The simulator is struck first: it sends ahead of those who process, and may have sent everything at their share.
const storms: readonly FaultCase[] = [
  {
    name: 'storm:all-services',
    family: 'storm',
    instances: TWO,
    faults: [
      signalOf('simulator', 'SIGKILL'),
      ...(
        ['features', 'features-2', 'scoring', 'scoring-2', 'interventions', 'interventions-2', 'gateway'] as const
      ).map((target) => signalOf(target, 'SIGKILL', { afterMs: [0, 50] })),
    ],
  },
  {
    name: 'storm:power-cut',
    family: 'storm',
    faults: [
      signalOf('simulator', 'SIGKILL'),
      ...(['postgres', 'kafka', 'registry', 'features', 'scoring', 'interventions', 'gateway'] as const).map((target) =>
        signalOf(target, 'SIGKILL', { afterMs: [0, 20] }),
      ),
    ],
  },
  {
    name: 'storm:one-after-another',
    family: 'storm',
    faults: [
      signalOf('simulator', 'SIGKILL', { share: [0.1, 0.2] }),
      signalOf('scoring', 'SIGKILL', { share: [0.2, 0.3] }),
      signalOf('interventions', 'SIGTERM', { share: [0.35, 0.45] }),
      signalOf('features', 'SIGKILL', { share: [0.55, 0.65] }),
      signalOf('gateway', 'SIGTERM', { share: [0.7, 0.8] }),
    ],
  },
];

/** Several instances share the partitions; each leaves and joins again while the bank streams. */
const scales: readonly FaultCase[] = ([2, 3] as const).flatMap((count): FaultCase[] => {
  const instances = { features: count, scoring: count, interventions: count };
  const others = (service: 'features' | 'scoring' | 'interventions') =>
    count === 2 ? [`${service}-2` as const] : [`${service}-2` as const, `${service}-3` as const];
  const all = (['features', 'scoring', 'interventions'] as const).flatMap((service) => [service, ...others(service)]);
  const name = count === 2 ? 'two' : 'three';
  const inTurn = (targets: readonly Target[], signal: 'SIGKILL' | 'SIGTERM') =>
    targets.map((target, i) => {
      const from = 0.1 + (0.7 * i) / targets.length;
      return signalOf(target, signal, { share: [from, from + 0.05] });
    });
  return [
    { name: `scale:${name}-of-each`, family: 'scale', instances, faults: inTurn(all, 'SIGTERM') },
    { name: `scale:${name}-of-each-killed`, family: 'scale', instances, faults: inTurn(all, 'SIGKILL') },
  ];
});

export const PROCESS_CASES: readonly FaultCase[] = [
  ...points,
  ...kills,
  ...terms,
  ...parts,
  ...zombies,
  ...rebalances,
  ...pointsTogether,
  ...storms,
  ...scales,
];

function pointOf(target: Target, point: string, nth: Range): Fault {
  return { kind: 'point', target, point, nth };
}

function signalOf(target: Target, signal: 'SIGKILL' | 'SIGTERM', when: Instant = MIDDLE): Fault {
  return { kind: 'signal', target, signal, when };
}
