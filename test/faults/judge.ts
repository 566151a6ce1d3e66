/**
 * The verdict on a run: what is lost, there twice or different, beside a run without faults on the same bank.
 *
 *  - lost: a row of the other run that is missing here, a stored event that is not published, a position that does not add up (I1);
 *  - duplicated: an id that is stored twice, or one that the other run does not have (I2);
 *  - differing: the same id with other content, stored or published, an event that is published but not stored (I5), sets that do
 *    not agree.
 */
import { fromBinary } from '@bufbuild/protobuf';
import { InterventionSchema } from '../../gen/pde/events/v1/intervention_pb.ts';
import { PredictionSchema } from '../../gen/pde/events/v1/prediction_pb.ts';
import type { Check } from '../../services/cli/reconcile.ts';
import type { Stack } from '../../services/stack/stack.ts';
import type { RunOutcome, StoredRows } from '../support/engine-run.ts';
import { type PublishedEvents, publishedEvents } from './published.ts';

export interface Verdict {
  readonly lost: number;
  readonly duplicated: number;
  readonly differing: number;
  /** In words, the first few of each. */
  readonly findings: readonly string[];
}

/** What lies in the two topics that the engine publishes what it stored to. */
export interface Published {
  readonly predictions: PublishedEvents;
  readonly interventions: PublishedEvents;
}

/** What a run is compared with: one without faults on the same bank, or the run itself where that is what is judged. */
export interface Baseline {
  readonly stored: StoredRows;
  readonly published: Published;
}

type Row = Readonly<Record<string, unknown>>;

const ID_OF: Readonly<Record<keyof StoredRows, (row: Row) => string>> = {
  ledger: (row) => `${row.customer_id}/${row.transaction_id}`,
  predictions: (row) => String(row.prediction_id),
  decisions: (row) => String(row.decision_id),
  interventions: (row) => String(row.intervention_id),
};
const KINDS = Object.keys(ID_OF) as (keyof StoredRows)[];
const SHOWN = 3;

export async function readPublished(stack: Stack): Promise<Published> {
  const predictions = await publishedEvents(
    stack,
    'predictions-stream',
    (bytes) => fromBinary(PredictionSchema, bytes).predictionId,
  );
  const interventions = await publishedEvents(
    stack,
    'interventions-stream',
    (bytes) => fromBinary(InterventionSchema, bytes).interventionId,
  );
  return { predictions, interventions };
}

export function judge(
  base: Baseline,
  run: Pick<RunOutcome, 'stored' | 'reconciliation'>,
  published: Published,
): Verdict {
  return sum([
    ...KINDS.map((kind) => compare(kind, base.stored[kind], run.stored[kind])),
    ...(['predictions', 'interventions'] as const).map((kind) =>
      comparePublished(kind, run.stored[kind], published[kind], base.published[kind]),
    ),
    ...run.reconciliation.checks.filter(({ holds }) => !holds).map(failedCheck),
  ]);
}

function compare(kind: keyof StoredRows, base: readonly string[], run: readonly string[]): Verdict {
  const expected = byId(kind, base);
  const found = byId(kind, run);
  const lost = [...expected.keys()].filter((id) => !found.has(id));
  const extra = [...found.keys()].filter((id) => !expected.has(id));
  const twice = [...found].filter(([, rows]) => rows.length > 1).map(([id]) => id);
  const differing = [...found].filter(([id, [row]]) => expected.has(id) && expected.get(id)?.[0] !== row);
  return {
    lost: lost.length,
    duplicated: extra.length + twice.length,
    differing: differing.length,
    findings: [
      ...lost.slice(0, SHOWN).map((id) => `${kind}: ${id} is lost`),
      ...extra.slice(0, SHOWN).map((id) => `${kind}: ${id} is in no run without faults`),
      ...twice.slice(0, SHOWN).map((id) => `${kind}: ${id} is stored twice`),
      ...differing
        .slice(0, SHOWN)
        .map(([id, [row]]) => `${kind}: ${id} differs in ${columns(expected.get(id)?.[0], row)}`),
    ],
  };
}

function comparePublished(
  kind: 'predictions' | 'interventions',
  stored: readonly string[],
  published: PublishedEvents,
  base: PublishedEvents,
): Verdict {
  const ids = byId(kind, stored);
  const unpublished = [...ids.keys()].filter((id) => !published.has(id));
  const unstored = [...published.keys()].filter((id) => !ids.has(id));
  const changed = [...published].filter(([id, digest]) => base.has(id) && base.get(id) !== digest).map(([id]) => id);
  return {
    lost: unpublished.length,
    duplicated: 0,
    differing: unstored.length + changed.length,
    findings: [
      ...unpublished.slice(0, SHOWN).map((id) => `${kind}: ${id} is stored and not published`),
      ...unstored.slice(0, SHOWN).map((id) => `${kind}: ${id} is published and not stored`),
      ...changed.slice(0, SHOWN).map((id) => `${kind}: ${id} is published with other content`),
    ],
  };
}

function failedCheck({ kind, name, detail }: Check): Verdict {
  const lost = kind === 'position' ? 1 : 0;
  return { lost, duplicated: 0, differing: 1 - lost, findings: [`does not hold: ${name}: ${detail}`] };
}

function byId(kind: keyof StoredRows, rows: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const map = new Map<string, string[]>();
  for (const row of rows) {
    const id = ID_OF[kind](JSON.parse(row) as Row);
    const same = map.get(id);
    if (same === undefined) map.set(id, [row]);
    else same.push(row);
  }
  return map;
}

function columns(expected: string | undefined, found: string | undefined): string {
  const [one, other] = [JSON.parse(expected ?? '{}') as Row, JSON.parse(found ?? '{}') as Row];
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name])).join(', ');
}

function sum(verdicts: readonly Verdict[]): Verdict {
  const total = (field: 'lost' | 'duplicated' | 'differing') => verdicts.reduce((all, each) => all + each[field], 0);
  return {
    lost: total('lost'),
    duplicated: total('duplicated'),
    differing: total('differing'),
    findings: verdicts.flatMap(({ findings }) => findings),
  };
}
