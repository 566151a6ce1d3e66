/** Runs the gates, which belong to scoring, as a process: progress goes to standard error, the report comes back. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type GateReport, parseGateReport } from '../domain/gates/report.ts';
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

const WRONG_USAGE = 2;

/** @throws UsageError where its flags were refused; Error where it could not judge (it has said why); the signal's reason */
export async function runGateProgram(request: GateRequest): Promise<GateAnswer> {
  const { root, candidate, champion, table, seed, signal } = request;
  const flags = { candidate, champion: champion ?? 'none', table, seed: `${seed}` };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [join(root, 'services', 'scoring', 'gate.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(signal === undefined ? {} : { signal }),
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => reject(signal?.aborted === true ? signal.reason : error));
    child.on('close', resolve);
  });
  if (code === WRONG_USAGE) throw new UsageError('the gates refused their flags');
  const json = output.trim();
  if (!json.startsWith('{')) throw new Error('the gates could not judge');
  return { report: parseGateReport(JSON.parse(json)), json };
}
