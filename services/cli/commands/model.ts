/** `pde model`: which models there are, whether one may replace the one in force, and the acts that put one there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toJson } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import {
  type ListedModel,
  ListedModel_State,
  type Promotion,
  Promotion_Action,
  PromotionSchema,
} from '../../../gen/pde/scoring/v1/model_pb.ts';
import { ListModelsResponseSchema } from '../../../gen/pde/scoring/v1/scoring_service_pb.ts';
import type { GateReport } from '../../domain/gates/report.ts';
import type { RunningEngine } from '../engine-file.ts';
import { type GateAnswer, runGateProgram } from '../gate-program.ts';
import { modelDirectory, modelsDirectory } from '../model-folders.ts';
import { scoringOf } from '../operations.ts';

/** A model as people name it: "synthetic/5". */
export interface ModelId {
  readonly name: string;
  readonly version: string;
}

export interface GateOptions {
  readonly root: string;
  readonly table: string;
  readonly seed: number;
  readonly json?: boolean;
  readonly signal: AbortSignal;
}

const STATES: Readonly<Record<ListedModel_State, string>> = {
  [ListedModel_State.UNSPECIFIED]: '?',
  [ListedModel_State.CANDIDATE]: 'candidate',
  [ListedModel_State.CHAMPION]: 'champion',
  [ListedModel_State.RETIRED]: 'retired',
};
const ACTIONS: Readonly<Record<Promotion_Action, string>> = {
  [Promotion_Action.UNSPECIFIED]: '?',
  [Promotion_Action.FIRST]: 'began with',
  [Promotion_Action.PROMOTE]: 'promoted',
  [Promotion_Action.ROLLBACK]: 'rolled back to',
};

/** Models with where they stand, and what was put in force so far. */
export async function listModels(engine: RunningEngine, options: { readonly json?: boolean }): Promise<string> {
  const answer = await scoringOf(engine).listModels({});
  if (options.json === true) return JSON.stringify(toJson(ListModelsResponseSchema, answer, JSON_FORM), null, 2);
  const warning = answer.notSwitchedReason === '' ? [] : [`NOT SWITCHED: ${answer.notSwitchedReason}`];
  return [...answer.models.map(modelLine), '', ...answer.promotions.map(promotionLine), ...warning].join('\n');
}

/** Judges a model on a table. `champion` null asks the absolute gates only. Not ok where it is refused. */
export async function gateModel(
  id: ModelId,
  champion: ModelId | null,
  options: GateOptions,
): Promise<{ readonly text: string; readonly ok: boolean }> {
  const { report, json } = await judged(id, champion, options);
  return { text: options.json === true ? json : reportText(report), ok: report.kind === 'accepted' };
}

/** The model in force by the record of the engine; null where none is. */
export async function championOf(engine: RunningEngine): Promise<ModelId | null> {
  const { models } = await scoringOf(engine).listModels({});
  return models.find(({ state }) => state === ListedModel_State.CHAMPION) ?? null;
}

/** Judges a model against the one in force and, where it is accepted, puts it in force. Not ok where it is refused. */
export async function promoteModel(
  engine: RunningEngine,
  id: ModelId,
  options: GateOptions & { readonly reason?: string },
): Promise<{ readonly text: string; readonly ok: boolean }> {
  const { report, json } = await judged(id, await championOf(engine), options);
  if (report.kind === 'refused') return { text: options.json === true ? json : reportText(report), ok: false };
  const gateReport = new TextEncoder().encode(json);
  const { promotion } = await scoringOf(engine).promoteModel({ ...id, gateReport, reason: options.reason ?? '' });
  return { text: actText(promotion!, options, reportText(report)), ok: true };
}

/** Puts back in force what was before. */
export async function rollBackModel(
  engine: RunningEngine,
  options: { readonly reason: string; readonly json?: boolean },
): Promise<string> {
  const { promotion } = await scoringOf(engine).rollBackModel({ reason: options.reason });
  return actText(promotion!, options, '');
}

async function judged(id: ModelId, champion: ModelId | null, options: GateOptions): Promise<GateAnswer> {
  const folderOf = (one: ModelId): string => folderHolding(options.root, one);
  return await runGateProgram({
    ...options,
    candidate: folderOf(id),
    champion: champion === null ? null : folderOf(champion),
  });
}

/** A model lies below the folder of models, or is what engines begin with. */
function folderHolding(root: string, { name, version }: ModelId): string {
  const own = modelDirectory(root);
  const manifest = join(own, 'manifest.json');
  if (existsSync(manifest)) {
    const found = JSON.parse(readFileSync(manifest, 'utf8')) as Partial<ModelId>;
    if (found.name === name && found.version === version) return own;
  }
  const folder = join(modelsDirectory(root), name, version);
  if (existsSync(join(folder, 'manifest.json'))) return folder;
  throw new Error(`there is no model ${name}/${version} in ${modelsDirectory(root)}`);
}

const JSON_FORM = { useProtoFieldName: true, alwaysEmitImplicit: true } as const;

function actText(promotion: Promotion, options: { readonly json?: boolean }, before: string): string {
  if (options.json === true) return JSON.stringify(toJson(PromotionSchema, promotion, JSON_FORM), null, 2);
  return [...(before === '' ? [] : [before, '']), promotionLine(promotion)].join('\n');
}

function modelLine({ name, version, state, inForceHere, problem }: ListedModel): string {
  const here = inForceHere ? ', scores now' : '';
  return `${`${name}/${version}`.padEnd(28)} ${STATES[state]}${here}${problem === '' ? '' : `; ${problem}`}`;
}

function promotionLine({ promotion, action, name, version, actor, reason, promotedTime }: Promotion): string {
  const when = promotedTime === undefined ? '' : timestampDate(promotedTime).toISOString();
  return `${`${promotion}`.padStart(3)}  ${when}  ${ACTIONS[action]} ${name}/${version} by ${actor}: ${reason}`;
}

function levelText({ raised, lowered, championPolicy, candidatePolicy }: NonNullable<GateReport['levels']>): string {
  const policies = `scoring policy ${championPolicy} before, ${candidatePolicy} after`;
  return `levels: ${raised} rows go up, ${lowered} go down (${policies})`;
}

const MARKS = { holds: 'ok     ', fails: 'REFUSED', not_asked: '-      ' } as const;

/** Every gate on a line, with its value, its bound and what it found. */
function reportText({ kind, candidate, champion, table, levels, findings }: GateReport): string {
  const against = champion === null ? 'without a champion' : `against ${champion.name}/${champion.version}`;
  const lines = findings.map(
    ({ gate, outcome, value, bound, text }) =>
      `${MARKS[outcome]} ${gate.padEnd(21)} ${value === null ? '' : `${Number(value.toPrecision(4))} `}(${bound}): ${text}`,
  );
  const judgement = `${candidate.name}/${candidate.version} is ${kind}, ${against}, on ${table.rows} rows with ${table.positives} misses`;
  return [...lines, ...(levels === null ? [] : [levelText(levels)]), judgement].join('\n');
}
