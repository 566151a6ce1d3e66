/**
 * Putting a model in force, and back. The gates are run by the operator's command, on a table; what is asked here is that the report
 * accepts this model against the champion that still is one, that the folder on this machine is the one that was gated (I6), and that
 * the model proves itself. Then the act is recorded with who, why and the report, and this instance switches at once; the others
 * follow within a second.
 */
import { createHash } from 'node:crypto';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  type GateReport,
  InvalidGateReportError,
  type JudgedModel,
  parseGateReport,
} from '../../domain/gates/report.ts';
import { invalidField } from '../../platform/rpc/validation.ts';
import { ModelRefusedError } from '../model/files.ts';
import type { Model } from '../model/load.ts';
import type { Inserted } from '../store/insert-promotion.ts';
import type { StoredPromotion } from '../store/promotion.ts';
import type { Registry } from './acquire.ts';
import type { ModelId } from './folders.ts';
import { registeredOf, type Standing } from './record.ts';

export interface PromoteRequest extends ModelId {
  /** JSON, pde-gate-report/1. */
  readonly gateReport: Uint8Array;
  readonly reason: string;
}

/**
 * @throws ConnectError INVALID_ARGUMENT for a report that is none or about another model; FAILED_PRECONDITION for a model that the
 *   gates refused, that is in force, or that does not prove itself here; ABORTED if another act came first
 */
export async function promote(registry: Registry, request: PromoteRequest, actor: string): Promise<StoredPromotion> {
  const report = readReport(request);
  const standing = await registry.record.standing();
  assertUpToDate(report, standing);
  const model = await proven(registry, request, report.candidate.manifestSha256);
  const gateReportSha256 = createHash('sha256').update(request.gateReport).digest('hex');
  return await act(registry, standing, {
    ...{ action: 'promote', actor, model, gateReport: request.gateReport, gateReportSha256 },
    reason: request.reason === '' ? 'the gates accepted it' : request.reason,
  });
}

/**
 * Takes the latest promotion off again.
 *
 * @throws ConnectError FAILED_PRECONDITION where nothing was in force before, or it does not prove itself here; ABORTED if another
 *   act came first
 */
export async function rollBack(registry: Registry, reason: string, actor: string): Promise<StoredPromotion> {
  const standing = await registry.record.standing();
  const { previous } = standing;
  if (previous === null) throw precondition('no model was in force before this one');
  const model = await proven(registry, previous, previous.manifestSha256);
  return await act(registry, standing, {
    action: 'rollback',
    actor,
    model,
    reason,
    gateReport: null,
    gateReportSha256: null,
  });
}

interface Act {
  readonly action: 'promote' | 'rollback';
  readonly actor: string;
  readonly reason: string;
  readonly model: Model;
  readonly gateReport: Uint8Array | null;
  readonly gateReportSha256: string | null;
}

async function act(registry: Registry, { latest }: Standing, done: Act): Promise<StoredPromotion> {
  const { name, version } = done.model.manifest;
  const inserted = await recorded(registry, done, latest);
  if (inserted === 'conflict') throw new ConnectError('another act came first: look at the list again', Code.Aborted);
  if (inserted === 'altered') {
    throw precondition(`${name}/${version} was in force with other files: give what changed a version of its own`);
  }
  await registry.follower.look(done.model);
  const { promotions } = await registry.record.standing();
  const stored = promotions.find(({ number }) => number === latest + 1);
  if (stored === undefined) throw new Error(`promotion ${latest + 1} is not in the record after it was added`);
  return stored;
}

/** Records the act. Where that is not done, its model is let go again. */
async function recorded({ record }: Registry, done: Act, after: number): Promise<Inserted> {
  let inserted: Inserted | null = null;
  try {
    inserted = await record.add({ ...done, model: registeredOf(done.model), after });
    return inserted;
  } finally {
    if (inserted !== 'done') await done.model.release();
  }
}

function readReport({ gateReport, name, version }: PromoteRequest): GateReport {
  const report = parsed(gateReport);
  const judged = report.candidate;
  if (judged.name !== name || judged.version !== version) {
    throw invalidField('gate_report', `is about ${judged.name}/${judged.version}, not ${name}/${version}`);
  }
  if (report.kind === 'accepted') return report;
  const failed = report.findings.filter(({ outcome }) => outcome === 'fails').map(({ gate }) => gate);
  throw precondition(`the gates refused ${name}/${version}: ${failed.join(', ')}`);
}

function parsed(gateReport: Uint8Array): GateReport {
  try {
    return parseGateReport(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(gateReport)));
  } catch (cause) {
    throw invalidField('gate_report', cause instanceof InvalidGateReportError ? cause.message : 'is not JSON');
  }
}

function assertUpToDate({ champion: judged, candidate }: GateReport, { champion }: Standing): void {
  if (champion !== null && same(candidate, champion)) {
    throw precondition(`${candidate.name}/${candidate.version} is in force already`);
  }
  if (judged === null || champion === null || !same(judged, champion)) {
    const against = judged === null ? 'no champion' : `${judged.name}/${judged.version}`;
    const now = champion === null ? 'none is' : `${champion.name}/${champion.version} is`;
    throw new ConnectError(`it was judged against ${against}, and ${now} in force: run the gates again`, Code.Aborted);
  }
}

function same(judged: JudgedModel, stored: StoredPromotion): boolean {
  const { name, version, manifestSha256 } = judged;
  return name === stored.name && version === stored.version && manifestSha256 === stored.manifestSha256;
}

/** Loads the model on this instance as it will score. */
async function proven({ folders }: Registry, id: ModelId, manifestSha256: string): Promise<Model> {
  const model = await loaded(folders, id, manifestSha256);
  if (model.manifest.promotable) return model;
  await model.release();
  throw precondition(`the manifest of ${id.name}/${id.version} says: not promotable`);
}

async function loaded(folders: Registry['folders'], id: ModelId, manifestSha256: string): Promise<Model> {
  try {
    return await folders.load(id, manifestSha256);
  } catch (cause) {
    if (cause instanceof ModelRefusedError) throw precondition(cause.message);
    throw cause;
  }
}

function precondition(message: string): ConnectError {
  return new ConnectError(message, Code.FailedPrecondition);
}
