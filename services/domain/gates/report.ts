/**
 * The gate report, `pde-gate-report/1`: the verdict with everything that it is about, each by its hash. It has no clock in it: the
 * same models, table and seed give the same bytes, and its own hash is what a promotion is recorded under.
 */
import type { Finding } from './finding.ts';
import type { Verdict } from './judge.ts';
import type { LevelChanges } from './levels.ts';

const FORMAT = 'pde-gate-report/1';

/** A model as a report names it. */
export interface JudgedModel {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the manifest, which names every other file by its hash; hexadecimal. */
  readonly manifestSha256: string;
}

export interface GateReport {
  readonly format: typeof FORMAT;
  readonly kind: Verdict['kind'];
  readonly candidate: JudgedModel;
  /** Null: there was none, and only the absolute gates were asked. */
  readonly champion: JudgedModel | null;
  readonly featureSetVersion: string;
  readonly table: {
    readonly sha256: string;
    readonly rows: number;
    readonly positives: number;
    readonly customers: number;
  };
  /** Rows that change level, and the scoring policies that levels are taken by; null where there is nothing to compare. */
  readonly levels: (LevelChanges & { readonly championPolicy: string; readonly candidatePolicy: string }) | null;
  readonly bootstrap: { readonly samples: number; readonly seed: number };
  readonly findings: readonly Finding[];
}

/** The text is no gate report; the message says why. */
export class InvalidGateReportError extends Error {
  override readonly name = 'InvalidGateReportError';
}

/** Puts a report together. */
export function gateReport(verdict: Verdict, about: Omit<GateReport, 'format' | 'kind' | 'findings'>): GateReport {
  return { format: FORMAT, kind: verdict.kind, ...about, findings: verdict.findings };
}

/**
 * Reads a report's JSON and holds its verdict against its findings, so that a refusal cannot be read as anything else. Throws
 * {@link InvalidGateReportError}.
 */
export function parseGateReport(document: unknown): GateReport {
  const refuse = (why: string): never => {
    throw new InvalidGateReportError(`gate report: ${why}`);
  };
  if (!isRecord(document)) return refuse('is not an object');
  if (document.format !== FORMAT) return refuse(`format is ${String(document.format)}, not ${FORMAT}`);
  const { kind, candidate, champion, featureSetVersion, findings } = document;
  if (kind !== 'accepted' && kind !== 'refused') return refuse(`kind is ${String(kind)}`);
  if (!isJudged(candidate)) return refuse('candidate is not a model with the hash of its manifest');
  if (champion !== null && !isJudged(champion)) return refuse('champion is not a model with the hash of its manifest');
  if (typeof featureSetVersion !== 'string') return refuse('featureSetVersion is no text');
  if (!Array.isArray(findings) || findings.length === 0 || !findings.every(isFinding))
    return refuse('findings are none');
  const failed = findings.some(({ outcome }) => outcome === 'fails');
  if (failed !== (kind === 'refused')) return refuse(`kind is ${kind}, and its findings say otherwise`);
  return document as unknown as GateReport;
}

function isJudged(value: unknown): value is JudgedModel {
  if (!isRecord(value)) return false;
  const { name, version, manifestSha256 } = value;
  return typeof name === 'string' && typeof version === 'string' && /^[0-9a-f]{64}$/.test(String(manifestSha256));
}

function isFinding(value: unknown): value is Finding {
  if (!isRecord(value)) return false;
  return typeof value.gate === 'string' && ['holds', 'fails', 'not_asked'].includes(String(value.outcome));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
