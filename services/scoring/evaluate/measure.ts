/** Every figure of an evaluation, from rows and scores alone. */
import { bootstrapByCluster, quantile } from '../../domain/evaluation/bootstrap.ts';
import { brier, ece, logLoss, observedOverExpected } from '../../domain/evaluation/probabilities.ts';
import { rankBy } from '../../domain/evaluation/ranking.ts';
import { calibrationSlope } from '../../domain/evaluation/recalibration.ts';
import { RISK_LEVELS, type RiskLevel, riskLevel, riskScore } from '../../domain/scoring/risk.ts';

/** What is compared with the model on the same rows. Scores of any scale; null: there is none. */
export interface Compared {
  readonly oracle: Float64Array | null;
  /** The best model trained on ten times the data. */
  readonly visible: Float64Array | null;
}

export interface Scored extends Compared {
  readonly customers: readonly string[];
  readonly labels: Float64Array;
  /** The model's. */
  readonly probabilities: Float64Array;
  /** p_H of its scoring policy. */
  readonly actionProbability: number;
}

export interface BootstrapSettings {
  readonly samples: number;
  readonly seed: number;
}

type Pair = readonly [lo: number, hi: number];

/** How much of another score's lift over chance, AUC - 0.5, the model has; 95 % bounds over resampled customers, paired. */
export interface Ratio {
  readonly ratio: number;
  readonly lo: number;
  readonly hi: number;
}

/** Figures as `pde evaluate --json` prints them. */
export function measure(scored: Scored, settings: BootstrapSettings) {
  const { labels, probabilities, oracle, visible } = scored;
  const model = rankBy(probabilities, labels);
  const ranked = { model, oracle: ranking(oracle, labels), visible: ranking(visible, labels) };
  const levels = RISK_LEVELS.map(({ level }) => rowsAt(level, scored));
  const drawn = draw(scored, ranked, levels, settings);
  return {
    n: labels.length,
    customers: new Set(scored.customers).size,
    positives: labels.reduce((sum, label) => sum + label, 0),
    auc: rounded(model.auc()),
    auc_ci: drawn.interval((sample) => sample.model),
    pr_auc: rounded(model.prAuc()),
    oracle_auc: roundedOrNull(ranked.oracle?.auc()),
    oracle_auc_ci: ranked.oracle === null ? null : drawn.interval((sample) => sample.oracle),
    visible_auc: roundedOrNull(ranked.visible?.auc()),
    visible_auc_ci: ranked.visible === null ? null : drawn.interval((sample) => sample.visible),
    of_oracle: ratioOf(model.auc(), ranked.oracle?.auc(), drawn, (sample) => sample.oracle),
    of_visible: ratioOf(model.auc(), ranked.visible?.auc(), drawn, (sample) => sample.visible),
    brier: rounded(brier(probabilities, labels)),
    log_loss: rounded(logLoss(probabilities, labels)),
    ece: rounded(ece(probabilities, labels)),
    slope: rounded(calibrationSlope(probabilities, labels)),
    observed_expected: rounded(observedOverExpected(probabilities, labels)),
    observed_expected_ci: drawn.interval((sample) => sample.observedExpected),
    levels: levelsOf(scored, levels, drawn),
    bootstrap: { ...settings, unit: 'customer', level: 0.95 },
  };
}

type Ranked = { readonly model: ReturnType<typeof rankBy> } & Readonly<
  Record<keyof Compared, ReturnType<typeof rankBy> | null>
>;

function ranking(scores: Float64Array | null, labels: Float64Array): Ranked['oracle'] {
  return scores === null ? null : rankBy(scores, labels);
}

/** One sample of customers; NaN where there is nothing to compare with. */
interface Sample {
  readonly model: number;
  readonly oracle: number;
  readonly visible: number;
  readonly observedExpected: number;
  /** By level, rising; NaN where the sample has no row of it. */
  readonly byLevel: readonly number[];
}

interface Draws {
  interval(of: (sample: Sample) => number): Pair;
}

/** All measures on the same samples, so that differences and ratios are paired. */
function draw(scored: Scored, ranked: Ranked, levels: readonly LevelRows[], settings: BootstrapSettings): Draws {
  const { customers, labels, probabilities } = scored;
  const samples: Sample[] = [];
  bootstrapByCluster({
    clusters: customers,
    ...settings,
    statistic: (weights) => {
      samples.push({
        model: ranked.model.auc(weights),
        oracle: ranked.oracle?.auc(weights) ?? Number.NaN,
        visible: ranked.visible?.auc(weights) ?? Number.NaN,
        observedExpected: observedOverExpected(probabilities, labels, weights),
        byLevel: levels.map((rows) => observedExpectedOf(rows, scored, weights)),
      });
      return Number.NaN;
    },
  });
  return {
    interval(of) {
      // A sample without a positive has no AUC.
      const rising = Float64Array.from(samples, of)
        .filter((value) => !Number.isNaN(value))
        .sort();
      return [rounded(quantile(rising, 0.025)), rounded(quantile(rising, 0.975))];
    },
  };
}

function ratioOf(auc: number, other: number | undefined, drawn: Draws, of: (sample: Sample) => number): Ratio | null {
  if (other === undefined) return null;
  const [lo, hi] = drawn.interval((sample) => lift(sample.model) / lift(of(sample)));
  return { ratio: rounded(lift(auc) / lift(other)), lo, hi };
}

function lift(auc: number): number {
  return auc - 0.5;
}

/** Positions of the rows of a level. */
type LevelRows = readonly number[];

function rowsAt(level: RiskLevel, { probabilities, actionProbability }: Scored): LevelRows {
  return [...probabilities.keys()].filter(
    (row) => riskLevel(riskScore(probabilities[row]!, actionProbability)) === level,
  );
}

/** @param weights how many times a row counts; none given, each counts once */
function observedExpectedOf(rows: LevelRows, { labels, probabilities }: Scored, weights?: ArrayLike<number>): number {
  const sum = (values: Float64Array) => rows.reduce((all, row) => all + (weights?.[row] ?? 1) * values[row]!, 0);
  return sum(labels) / sum(probabilities);
}

/** Expected and observed by what is done about them. Null where a level has no row. */
function levelsOf(scored: Scored, levels: readonly LevelRows[], drawn: Draws) {
  const { labels, probabilities } = scored;
  return RISK_LEVELS.map(({ level }, i) => {
    const rows = levels[i]!;
    const sum = (values: Float64Array) => rows.reduce((all, row) => all + values[row]!, 0);
    const some = rows.length > 0;
    return {
      level,
      n: rows.length,
      positives: sum(labels),
      share: rounded(rows.length / labels.length),
      expected: some ? rounded(sum(probabilities) / rows.length) : null,
      observed: some ? rounded(sum(labels) / rows.length) : null,
      observed_expected: some ? rounded(observedExpectedOf(rows, scored)) : null,
      observed_expected_ci: some ? drawn.interval((sample) => sample.byLevel[i]!) : null,
    };
  });
}

/** Six digits behind the point: what is beyond is no information about a model. */
export function rounded(value: number): number {
  return Number(value.toFixed(6));
}

function roundedOrNull(value: number | undefined): number | null {
  return value === undefined ? null : rounded(value);
}
