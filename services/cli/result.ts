/** The final JSON object of `pde start`, from what was streamed and reconciled. */
import type { Latency } from './latency.ts';
import { storedSet, totals } from './reconcile.ts';
import type { StreamReport } from './stream-bank.ts';

export interface StartResult {
  readonly bank: string;
  /** Records in transactions-stream (I1 counts log records, not sends). */
  readonly transactions: number;
  readonly ledger: number;
  readonly duplicates: number;
  readonly dead_letters: number;
  /** Predictions of transactions. */
  readonly predictions: number;
  /** Rows whose explanation and margin disagreed (I7). */
  readonly refused: number;
  readonly interventions: number;
  /** Decisions above LOW to leave a customer alone. */
  readonly suppressed: number;
  readonly reconciled: boolean;
  /** Checks that do not hold, with their figures. */
  readonly failed_checks: readonly string[];
  /** Null where nothing was left for a measured stretch (a second start on the same bank). */
  readonly e2e_ms: (Omit<Latency, 'count'> & { readonly stretch: string; readonly decisions: number }) | null;
  /** Of the stretch streamed flat out, from first send to drained; null where it was empty. */
  readonly transactions_per_s: number | null;
  readonly elapsed_s: number;
}

export function resultOf(bank: string, report: StreamReport, elapsedSeconds: number): StartResult {
  const { input, reconciliation, latency } = report;
  const counted = totals(input.features, 'transactions-stream');
  const inLog = input.logs
    .filter(({ topic }) => topic === 'transactions-stream')
    .reduce((total, { beginOffset, endOffset }) => total + endOffset - beginOffset, 0n);
  return {
    bank,
    transactions: Number(inLog),
    ledger: Number(counted.accepted),
    duplicates: Number(counted.duplicates),
    dead_letters: Number(counted.deadLetters),
    predictions: Number(storedSet(input.scoring, 'predictions').count),
    refused: Number(storedSet(input.scoring, 'refused').count),
    interventions: Number(storedSet(input.interventions, 'interventions').count),
    suppressed: Number(storedSet(input.interventions, 'suppressed').count),
    reconciled: reconciliation.reconciled,
    failed_checks: reconciliation.checks.filter(({ holds }) => !holds).map(({ name, detail }) => `${name}: ${detail}`),
    e2e_ms: latency === null ? null : latencyJson(latency, report.rate),
    transactions_per_s: report.transactionsPerSecond === null ? null : rounded(report.transactionsPerSecond),
    elapsed_s: rounded(elapsedSeconds),
  };
}

function latencyJson({ p50, p95, p99, max, count }: Latency, rate: number) {
  return {
    p50: rounded(p50),
    p95: rounded(p95),
    p99: rounded(p99),
    max: rounded(max),
    stretch: `last stretch at ${rate} transactions/s, from scheduled send to after the decision's commit`,
    decisions: count,
  };
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
