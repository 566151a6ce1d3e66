import { describe, expect, test } from 'vitest';
import { parseForest } from '../scoring/forest.ts';
import { randomOf, rootKey } from '../synthetic-bank/random.ts';
import type { Attribute, Candidate, Champion, Evidence, Rows } from './evidence.ts';
import type { GateName } from './finding.ts';
import { judge } from './judge.ts';

const CUSTOMERS = 6000;
const ROWS_EACH = 2;
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

/** Rows whose truth is known: log-odds z, of which x shows most; groups and cycles that mean nothing. */
function world() {
  const random = randomOf(rootKey(11));
  const rows = Array.from({ length: CUSTOMERS * ROWS_EACH }, (_, i) => {
    const [shown, hidden] = [1.2 * random.normal(), 0.5 * random.normal()];
    const z = -2.6 + shown + hidden;
    return {
      customer: `c${Math.floor(i / ROWS_EACH)}`,
      x: shown,
      z,
      label: random.chance(sigmoid(z)) ? 1 : 0,
      group: random.chance(0.5) ? 'A' : 'B',
    };
  });
  return rows;
}

const WORLD = world();
/** The best that x allows: z given x is normal, and its mean odds are a little nearer to even. */
const FAIR = WORLD.map(({ x }) => sigmoid(0.97 * (-2.6 + x) + 0.02));
const STEP = parseForest({
  format: 'pde-forest/1',
  features: ['x'],
  baseMargin: 0,
  trees: [
    {
      feature: [0, -1, -1],
      value: [0, -1, 1],
      left: [1, -1, -1],
      right: [2, -1, -1],
      defaultLeft: [0, 0, 0],
      cover: [9, 5, 4],
    },
  ],
});

const attribute = (name: string, groups: readonly string[]): Attribute => ({ name, groups });

function rowsWith(change: Partial<Rows> = {}): Rows {
  return {
    sha256: 'a'.repeat(64),
    featureSetVersion: '7',
    horizonDays: 45,
    labels: WORLD.map(({ label }) => label),
    customers: WORLD.map(({ customer }) => customer),
    oracle: WORLD.map(({ z }) => sigmoid(z)),
    features: new Map([['noise', WORLD.map((_, i) => (i * 7919) % 1000)]]),
    attributes: [
      attribute(
        'group',
        WORLD.map(({ group }) => group),
      ),
    ],
    leakCheckPassed: true,
    ...change,
  };
}

function evidence(change: Partial<Rows> = {}): Evidence {
  return { rows: rowsWith(change), engineFeatureSetVersion: '7', samples: 100, seed: 1 };
}

function candidate(change: Partial<Candidate> = {}): Candidate {
  return {
    kind: 'loaded',
    name: 'm',
    version: '2',
    promotable: true,
    featureSetVersion: '7',
    horizonDays: 45,
    trainedOn: ['b'.repeat(64)],
    forest: STEP,
    directions: [1],
    actionProbability: 0.1,
    goldenErrors: { margin: 1e-7 },
    probabilities: FAIR,
    marginDifference: 1e-7,
    sweep: { sweeps: 32, against: [] },
    ...change,
  };
}

const CHAMPION: Champion = {
  name: 'm',
  version: '1',
  probabilities: WORLD.map(({ x }, i) => sigmoid(-2.6 + x + ((i % 5) - 2) / 4)),
};

/** The gates that refuse. */
function refusedBy(
  candidateChange: Partial<Candidate>,
  rowsChange: Partial<Rows> = {},
  champion: Champion | null = CHAMPION,
): readonly GateName[] {
  const verdict = judge(candidate(candidateChange), champion, evidence(rowsChange));
  return verdict.kind === 'refused' ? verdict.reasons.map(({ gate }) => gate) : [];
}

describe('a good model', () => {
  test('is accepted, and every gate says what it found', () => {
    const verdict = judge(candidate(), CHAMPION, evidence());
    expect(verdict.kind).toBe('accepted');
    expect(verdict.findings.map(({ outcome }) => outcome)).toEqual(verdict.findings.map(() => 'holds'));
    expect(verdict.findings).toHaveLength(14);
  });

  test('without a champion is asked what it must be by itself, and the report says so', () => {
    const verdict = judge(candidate(), null, evidence());
    expect(verdict.kind).toBe('accepted');
    const relative = verdict.findings.filter(({ outcome }) => outcome === 'not_asked');
    expect(relative.map(({ gate }) => gate)).toEqual(['auc_difference', 'log_loss']);
    expect(relative[0]!.text).toBe('there is no champion yet: only the absolute gates are asked');
  });

  test('is not held against an oracle that nobody knows', () => {
    const verdict = judge(candidate(), CHAMPION, evidence({ oracle: null }));
    expect(verdict.kind).toBe('accepted');
    expect(verdict.findings.find(({ gate }) => gate === 'single_feature')!.outcome).toBe('not_asked');
  });

  test('is held against the oracle on the rows that have one', () => {
    const later = WORLD.map(({ z }, i) => (i < 4000 ? Number.NaN : sigmoid(z)));
    const verdict = judge(candidate(), CHAMPION, evidence({ oracle: later }));
    expect(verdict.kind).toBe('accepted');
    expect(verdict.findings.find(({ gate }) => gate === 'single_feature')!.outcome).toBe('holds');
    expect(judge(candidate(), CHAMPION, evidence({ oracle: WORLD.map(() => Number.NaN) }))).toEqual(
      judge(candidate(), CHAMPION, evidence({ oracle: null })),
    );
  });

  test('has the same verdict every time', () => {
    expect(judge(candidate(), CHAMPION, evidence())).toEqual(judge(candidate(), CHAMPION, evidence()));
  });
});

describe('against the champion on the same rows', () => {
  test('the champion itself is no worse: a tie passes', () => {
    expect(refusedBy({}, {}, { ...CHAMPION, probabilities: FAIR })).toEqual([]);
  });

  test('a model that ranks worse is refused', () => {
    const noisy = WORLD.map(({ x }, i) => sigmoid(0.8 * (-2.6 + x) - 0.4 + ((i % 7) - 3) / 3));
    expect(refusedBy({ probabilities: noisy })).toEqual(expect.arrayContaining(['auc_difference', 'log_loss']));
  });

  test('a log-loss that is higher, however little, is refused where the ranking is the same', () => {
    const lower = FAIR.map((p) => p * 0.98);
    expect(refusedBy({ probabilities: lower }, {}, { ...CHAMPION, probabilities: FAIR })).toEqual(['log_loss']);
  });
});

describe('a model that is wrong by itself', () => {
  test.each<[string, Partial<Candidate>, Partial<Rows>, GateName[]]>([
    ['not promotable', { promotable: false }, {}, ['promotable']],
    ['that differs from its golden vectors', { goldenErrors: { contribution: 0.01 } }, {}, ['parity']],
    ['with golden vectors that are no number', { goldenErrors: { margin: Number.NaN } }, {}, ['parity']],
    ['whose ONNX is not its trees', { marginDifference: 0.5 }, {}, ['parity']],
    ['whose trees fall where risk must rise', { directions: [-1] }, {}, ['monotone']],
    [
      'whose ONNX falls where risk must rise',
      { sweep: { sweeps: 1, against: [{ feature: 'x', step: -1 }] } },
      {},
      ['monotone'],
    ],
    ['that was made from the table it is judged by', { trainedOn: ['a'.repeat(64)] }, {}, ['evidence']],
    ['of another horizon than the labels', { horizonDays: 30 }, {}, ['evidence']],
    ['of a horizon that the table does not tell', {}, { horizonDays: null }, ['evidence']],
    ['on vectors that see the future', {}, { leakCheckPassed: false }, ['leak_check']],
    ['on vectors that nobody checked', {}, { leakCheckPassed: null }, ['leak_check']],
  ])('%s is refused by that gate alone', (_, candidateChange, rowsChange, gates) => {
    expect(refusedBy(candidateChange, rowsChange)).toEqual(gates);
  });

  test('probabilities that are too extreme, and ones that are too low, are refused by name', () => {
    const extreme = FAIR.map((p) => p ** 1.4 / (p ** 1.4 + (1 - p) ** 1.4));
    expect(refusedBy({ probabilities: extreme }, {}, null)).toContain('calibration_slope');
    const low = FAIR.map((p) => (0.7 * p) / (0.7 * p + 1 - p));
    expect(refusedBy({ probabilities: low }, {}, null)).toEqual(['observed_expected']);
  });

  test('zero for everyone has an ECE near the base rate, and is refused', () => {
    const gates = refusedBy({ probabilities: WORLD.map(() => 0) }, {}, null);
    expect(gates).toEqual(expect.arrayContaining(['calibration_slope', 'observed_expected']));
  });

  test('another feature set is refused before anything else is asked', () => {
    const verdict = judge(candidate({ featureSetVersion: '6' }), CHAMPION, evidence());
    expect(verdict).toMatchObject({ kind: 'refused', reasons: [{ gate: 'feature_set' }] });
    expect(refusedBy({ featureSetVersion: '' })).toEqual(['feature_set']);
    expect(refusedBy({}, { featureSetVersion: '6' })).toEqual(['feature_set']);
  });

  test('one that the engine does not load is refused by the check that failed', () => {
    const why = 'forest.json has the SHA-256 …';
    const verdict = judge({ kind: 'unusable', gate: 'artefacts', why }, CHAMPION, evidence());
    expect(verdict).toMatchObject({ kind: 'refused', reasons: [{ gate: 'artefacts', text: why }] });
  });

  test('too few misses prove nothing', () => {
    const few = WORLD.map((_, i) => (i < 190 ? 1 : 0));
    expect(refusedBy({}, { labels: few })).toContain('evidence');
  });
});

describe('a planted leak', () => {
  test('a model that ranks better than the oracle is refused', () => {
    const knowing = WORLD.map(({ label }, i) => (label === 1 ? 0.5 : 0.02) + ((i % 10) + 1) / 1000);
    expect(refusedBy({ probabilities: knowing }, {}, null)).toContain('implausible_auc');
  });

  test('without an oracle, so is one that ranks nearly without error', () => {
    const knowing = WORLD.map(({ label }, i) => (label === 1 ? 0.5 : 0.02) + ((i % 10) + 1) / 1000);
    expect(refusedBy({ probabilities: knowing }, { oracle: null }, null)).toContain('implausible_auc');
  });

  test('a feature that alone carries most of what can be known is refused by name, falling ones and unknown ones too', () => {
    const leaks: Record<string, number[]> = {
      rising: WORLD.map(({ z }) => z),
      falling: WORLD.map(({ z }) => -z),
      unknown: WORLD.map(({ label }, i) => (label === 1 && i % 3 > 0 ? Number.NaN : i % 50)),
    };
    for (const [name, column] of Object.entries(leaks)) {
      const verdict = judge(candidate(), CHAMPION, evidence({ features: new Map([[name, column]]) }));
      expect(verdict).toMatchObject({
        kind: 'refused',
        reasons: [{ gate: 'single_feature', text: expect.stringContaining(name) }],
      });
    }
  });
});

describe('fairness, by attributes kept apart', () => {
  test('a group whose risk is understated is refused, and named', () => {
    const understated = FAIR.map((p, i) => (WORLD[i]!.group === 'B' ? p * 0.6 : (1.4 * p) / (1.4 * p + 1 - p)));
    const verdict = judge(candidate({ probabilities: understated }), null, evidence());
    expect(verdict).toMatchObject({
      kind: 'refused',
      reasons: expect.arrayContaining([
        expect.objectContaining({ gate: 'fairness_calibration', text: expect.stringContaining('group B') }),
      ]),
    });
  });

  test('a group whose misses are seen less often is refused', () => {
    const blurred = FAIR.map((p, i) => (WORLD[i]!.group === 'B' ? 0.3 * p + 0.7 * 0.08 : p));
    expect(refusedBy({ probabilities: blurred }, {}, null)).toContain('fairness_opportunity');
  });

  test('what cannot be judged is not fair: no attribute, or no two groups with enough misses', () => {
    const both = ['fairness_calibration', 'fairness_opportunity'];
    expect(refusedBy({}, { attributes: [] })).toEqual(both);
    const lonely = attribute(
      'group',
      WORLD.map((_, i) => (i < 20 ? 'B' : 'A')),
    );
    expect(refusedBy({}, { attributes: [lonely] })).toEqual(both);
  });

  test('groups with few misses are left out, and the report names them', () => {
    const third = attribute(
      'group',
      WORLD.map(({ group }, i) => (i < 20 ? 'C' : group)),
    );
    const verdict = judge(candidate(), CHAMPION, evidence({ attributes: [third] }));
    expect(verdict.kind).toBe('accepted');
    expect(verdict.findings.at(-1)!.text).toContain('not judged: group C');
  });
});
