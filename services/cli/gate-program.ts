/** Runs the gates, which belong to scoring, as a process: progress goes to standard error, the report comes back. */
import { join } from 'node:path';
import { type GateReport, parseGateReport } from '../domain/gates/report.ts';
import { runChild } from './child.ts';
import { UsageError } from './usage-error.ts';

export interface GateRequest {
  readonly root: string;
  /** Folders of the models. */
  readonly candidate: string;
  /** Null: there is no champion. */
  readonly champion: string | null;
  readonly table: string;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

export interface GateAnswer {
  readonly report: GateReport;
  /** The report as it was printed: what a promotion is recorded under. */
  readonly json: string;
}

const REFUSED = 1;

/** @throws UsageError where its flags were refused; Error where it could not judge (it has said why); the signal's reason */
export async function runGateProgram(request: GateRequest): Promise<GateAnswer> {
  const { root, candidate, champion, table, seed, signal } = request;
  const flags = { candidate, champion: champion ?? 'none', table, seed: `${seed}` };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const { code, lines } = await runChild({ args: [join(root, 'services', 'scoring', 'gate.ts'), ...args], signal });
  signal?.throwIfAborted();
  const json = lines.findLast((line) => line.startsWith('{'));
  if ((code === 0 || code === REFUSED) && json !== undefined) {
    return { report: parseGateReport(JSON.parse(json)), json };
  }
  throw code === 2 ? new UsageError('the gates refused their flags') : new Error('the gates could not judge');
}
