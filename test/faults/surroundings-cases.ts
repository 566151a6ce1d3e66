/** Cases in which what the processes stand on fails them: tables, connections, disks, clocks. */
import {
  AT_ONCE,
  BEYOND_SESSION,
  type Disturbance,
  EARLY,
  type Fault,
  type FaultCase,
  type Instant,
  type Link,
  MIDDLE,
  type Range,
  type Target,
} from './fault.ts';

/** Everybody can read it and nobody write, as during somebody's maintenance: who goes on without what waits to be written is too early. */
const locks: readonly FaultCase[] = [
  'features.profiles',
  'features.consumer_positions',
  'features.ledger',
  'scoring.predictions',
  'scoring.outbox_shards',
  'interventions.decisions',
].map((table) => ({
  name: `lock:${table}`,
  family: 'lock',
  // Most profiles have to be still to come.
  faults: [{ kind: 'lock', table, forMs: [3_000, 8_000], when: table === 'features.profiles' ? AT_ONCE : EARLY }],
}));

const LINKS: readonly Link[] = [
  'features>postgres',
  'scoring>postgres',
  'interventions>postgres',
  'features>kafka',
  'scoring>kafka',
  'interventions>kafka',
  'features>scoring',
  'features>registry',
  'simulator>kafka',
];

const DISTURBED_MS: Readonly<Record<Disturbance, Range>> = {
  slow: [6_000, 9_000],
  cut: [500, 4_000],
  hole: BEYOND_SESSION,
};

const links: readonly FaultCase[] = (['slow', 'cut', 'hole'] as const).flatMap((disturbance) =>
  LINKS.map(
    (link): FaultCase => ({ name: `${disturbance}:${link}`, family: disturbance, faults: [linkOf(link, disturbance)] }),
  ),
);

/** Every link of the stream at once, and one instance of two cut off from everybody. */
const linksTogether: readonly FaultCase[] = [
  {
    name: 'cut:all',
    family: 'cut',
    faults: LINKS.map((link, i) => linkOf(link, 'cut', i === 0 ? MIDDLE : { afterMs: [0, 20] })),
  },
  {
    name: 'hole:features-cut-off',
    family: 'hole',
    instances: { features: 2 },
    faults: [
      linkOf('features-2>kafka', 'hole', EARLY),
      linkOf('features-2>postgres', 'hole', { afterMs: [0, 20] }),
      linkOf('features-2>scoring', 'hole', { afterMs: [0, 20] }),
    ],
  },
];

const disks: readonly FaultCase[] = (['postgres', 'kafka'] as const).map((part) => ({
  name: `disk-full:${part}`,
  family: 'disk',
  faults: [{ kind: 'disk', part, forMs: [4_000, 8_000], when: EARLY }],
}));

const HOURS_MS = 2 * 3_600_000;

/** Ahead by two hours, then behind by two: a jump of four hours back. */
const clocks: readonly FaultCase[] = [
  ...(['features', 'scoring', 'interventions', 'simulator', 'kafka', 'postgres'] as const).map((target) => ({
    name: `clock:${target}`,
    family: 'clock' as const,
    faults: jumps(target),
  })),
  ...(['features', 'interventions'] as const).map((service) => ({
    name: `clock:${service}-of-two`,
    family: 'clock' as const,
    instances: { [service]: 2 },
    faults: jumps(`${service}-2`),
  })),
];

export const SURROUNDINGS_CASES: readonly FaultCase[] = [...locks, ...links, ...linksTogether, ...clocks, ...disks];

function jumps(target: Target): readonly Fault[] {
  return [
    { kind: 'clock', target, offsetMs: HOURS_MS, when: { share: [0.1, 0.3] } },
    { kind: 'clock', target, offsetMs: -HOURS_MS, when: { share: [0.4, 0.7] } },
  ];
}

function linkOf(link: Link, disturbance: Disturbance, when: Instant = disturbance === 'hole' ? EARLY : MIDDLE): Fault {
  return { kind: 'link', link, disturbance, forMs: DISTURBED_MS[disturbance], when };
}
