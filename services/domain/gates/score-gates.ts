/** What the candidate's scores must be worth: against the champion on the same rows, and by themselves. */
import { bootstrapByCluster } from '../evaluation/bootstrap.ts';
import { lossOf, observedOverExpected } from '../evaluation/probabilities.ts';
import { rankBy } from '../evaluation/ranking.ts';
import { calibrationSlope } from '../evaluation/recalibration.ts';
import { type Column, meanOver } from '../evaluation/rows.ts';
import { CALIBRATION_RANGE, LEAST_AUC_DIFFERENCE, LOG_LOSS_ROUNDING } from './bounds.ts';
import type { Candidate, Champion, Evidence } from './evidence.ts';
import { type Finding, finding, notAsked, said } from './finding.ts';

const NO_CHAMPION = 'there is no champion yet: only the absolute gates are asked';

/** The lower 95 % bound of the paired difference is above the bound: not worse by more than is of no matter. */
export function aucDifferenceGate(candidate: Candidate, champion: Champion | null, evidence: Evidence): Finding {
  const bound = `lower 95 % bound above ${LEAST_AUC_DIFFERENCE}`;
  if (champion === null) return notAsked('auc_difference', bound, NO_CHAMPION);
  const { labels, customers } = evidence.rows;
  const [own, other] = [rankBy(candidate.probabilities, labels), rankBy(champion.probabilities, labels)];
  const { samples, seed } = evidence;
  const statistic = (weights: Column) => own.auc(weights) - other.auc(weights);
  const { lo, hi } = bootstrapByCluster({ clusters: customers, samples, seed, statistic });
  const text = `AUC ${said(own.auc())} against ${said(other.auc())} of ${nameOf(champion)}: difference in ${said(lo)} to ${said(hi)}`;
  return finding('auc_difference', lo > LEAST_AUC_DIFFERENCE, lo, bound, text);
}

/**
 * Mean log-loss on the same rows is no higher than the champion's. The values themselves decide, not an interval: a tie passes, a
 * loss that is higher within the noise does not, for the issue of a new version has to be worth its while. The interval is told.
 */
export function logLossGate(candidate: Candidate, champion: Champion | null, evidence: Evidence): Finding {
  const bound = "at most the champion's";
  if (champion === null) return notAsked('log_loss', bound, NO_CHAMPION);
  const { labels, customers } = evidence.rows;
  const lossesOf = ({ probabilities }: Candidate | Champion) =>
    Float64Array.from(probabilities, (probability, row) => lossOf(probability, labels[row]!));
  const [own, other] = [lossesOf(candidate), lossesOf(champion)];
  const difference = own.map((loss, row) => loss - other[row]!);
  const mean = (column: Column, weights?: Column) => meanOver(labels.length, (row) => column[row]!, weights);
  const { samples, seed } = evidence;
  const statistic = (weights: Column) => mean(difference, weights);
  const { lo, hi } = bootstrapByCluster({ clusters: customers, samples, seed, statistic });
  const worse = mean(difference);
  const digits = (value: number) => value.toFixed(6);
  const text = `log-loss ${digits(mean(own))} against ${digits(mean(other))} of ${nameOf(champion)}: difference in ${digits(lo)} to ${digits(hi)}`;
  return finding('log_loss', worse <= LOG_LOSS_ROUNDING, worse, bound, text);
}

/** Neither too extreme nor too timid. ECE is no gate: where 2 in 100 miss, 0 for everyone has an ECE of 0.02. */
export function calibrationSlopeGate({ probabilities }: Candidate, { rows }: Evidence): Finding {
  const slope = calibrationSlope(probabilities, rows.labels);
  const text = `the log-odds that fit the rows best are ${said(slope)} times those of the model`;
  return finding('calibration_slope', isCalibrated(slope), slope, RANGE, text);
}

/** As many misses as it foresees. */
export function observedExpectedGate({ probabilities }: Candidate, { rows }: Evidence): Finding {
  const ratio = observedOverExpected(probabilities, rows.labels);
  return finding(
    'observed_expected',
    isCalibrated(ratio),
    ratio,
    RANGE,
    `${said(ratio)} misses came for each foreseen`,
  );
}

const RANGE = `in ${CALIBRATION_RANGE[0]} to ${CALIBRATION_RANGE[1]}`;

function isCalibrated(value: number): boolean {
  return value >= CALIBRATION_RANGE[0] && value <= CALIBRATION_RANGE[1];
}

function nameOf({ name, version }: Champion): string {
  return `${name}/${version}`;
}
