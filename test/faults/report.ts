/** What the matrix prints at its end. */
import type { CaseResult } from './run-case.ts';

/** A synthetic bank, and transactions a second (0: flat out). */
export interface BankSize {
  readonly customers: number;
  readonly months: number;
  readonly rate: number;
}

/** A case that this machine cannot run: it is printed, and never counts as passed. */
export interface NotRun {
  readonly name: string;
  readonly why: string;
}

/** One result in a line. */
export function lineOf(result: CaseResult): string {
  const unstruck = result.faults.filter(({ at_s }) => at_s === null).map(({ fault }) => fault);
  const verdict = `lost ${result.lost}, duplicated ${result.duplicated}, differing ${result.differing}`;
  const recovery = result.recovery_s === null ? 'no recovery' : `recovered in ${result.recovery_s.toFixed(1)} s`;
  const missed = unstruck.length === 0 ? '' : `; never struck: ${unstruck.join(', ')}`;
  return `${result.passed ? 'ok' : 'FAILED'}: ${recovery}, ${verdict}${missed} (${result.seconds.toFixed(1)} s)`;
}

/** The whole report: one JSON value, or lines for a person. */
export function report(
  { json }: { readonly json: boolean },
  results: readonly CaseResult[],
  notRun: readonly NotRun[],
): string {
  const total = (field: 'lost' | 'duplicated' | 'differing') => results.reduce((all, each) => all + each[field], 0);
  const recoveries = results.flatMap(({ recovery_s }) => recovery_s ?? []).sort((a, b) => a - b);
  const summary = {
    cases: results.length,
    lost: total('lost'),
    duplicated: total('duplicated'),
    differing: total('differing'),
    failed: results.filter(({ passed }) => !passed).length,
    seeds: new Set(results.map(({ seed }) => seed)).size,
    transactions: [...new Set(results.map(({ transactions }) => transactions))],
    recovery_s: { median: recoveries[Math.floor(recoveries.length / 2)] ?? null, max: recoveries.at(-1) ?? null },
    results,
    not_run: notRun,
  };
  if (json) return JSON.stringify(summary);
  const { cases, lost, duplicated, differing, failed, seeds, transactions, recovery_s } = summary;
  const seconds = (value: number | null) => value?.toFixed(1) ?? '-';
  return [
    ...results.map((each) => `${each.case.padEnd(46)} seed ${String(each.seed).padEnd(5)} ${lineOf(each)}`),
    ...notRun.map(({ name, why }) => `${name.padEnd(46)} not run: ${why}`),
    `${cases} cases, ${seeds} seeds, on ${transactions.join(' and ')} transactions: lost ${lost}, duplicated ${duplicated}, ` +
      `differing ${differing}; ${failed} failed, ${notRun.length} not run; ` +
      `recovered in ${seconds(recovery_s.median)} s (median), ${seconds(recovery_s.max)} s (longest)`,
  ].join('\n');
}
