import type { Fold } from './fold.ts';
import { createFrame, createPass, startPass } from './frame.ts';
import { noteLatest, reversedAtMs } from './history.ts';
import { forEachGroup, renumberGroups, saveHistory } from './history-state.ts';
import { EMPTY_ROLL, enrol, lengthAt, type Names, nameAt, nextNumber, numbersOf } from './names.ts';
import { closeDate } from './pass.ts';
import {
  CHANNELS,
  contextAt,
  dayAt,
  firstDated,
  flagsAt,
  occurredMsAt,
  partyAt,
  positionAt,
  REVERSED,
  type Records,
  setParty,
  tailOf,
} from './records.ts';
import { sweep } from './sweep.ts';

/**
 * Moving a window's oldest records into its fold. The fold is the forward pass over every row with a date before the boundary,
 * in the order of dates, so that it is the same however often the boundary was moved.
 */

/** What a vector and the composite 7 days before it look back on. */
export const RECORD_DATES = 97;
/** Records are folded when they span more dates than this: 7 more let late rows, and t a little behind, be answered. */
export const LONGEST_RECORD_DATES = RECORD_DATES + 14;
/** After folding this many are left. */
const KEPT_DATES = RECORD_DATES + 7;

/** Characters of names that are not worth a search. */
const SMALL_ROLL = 128;

interface Foldable {
  records: Records;
  readonly names: Names;
  fold: Fold;
  reversals: readonly number[];
}

const pass = createPass();
const idle = createFrame(pass.history);

export function foldOldest(window: Foldable): void {
  const { records } = window;
  if (records.count === 0) return;
  const firstDay = dayAt(records, 0);
  const lastDay = dayAt(records, records.count - 1);
  if (lastDay - firstDay < LONGEST_RECORD_DATES) return;
  foldBefore(window, lastDay - KEPT_DATES + 1);
}

/** Folds the records dated before a day, of which there must be one. */
export function foldBefore(window: Foldable, boundaryDay: number): void {
  const { records, names, reversals } = window;
  const { history } = pass;
  startPass(pass, window);
  const end = firstDated(records, boundaryDay);
  let validFromMs = window.fold.validFromMs;
  for (let i = 0; i < end; i++) {
    const position = positionAt(records, i);
    const context = contextAt(records, i);
    noteLatest(
      history,
      occurredMsAt(records, names, i),
      position,
      names.contexts[context + 2]!,
      names.contexts[context + 3]!,
    );
    if (flagsAt(records, i) & REVERSED) validFromMs = Math.max(validFromMs, reversedAtMs(reversals, position));
  }
  sweep(pass, end, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, idle, idle);
  closeDate(pass, end, Number.POSITIVE_INFINITY);
  const rows = window.fold.rows + end;
  window.fold = { boundaryDay, rows, validFromMs, state: saveHistory(history, names, boundaryDay) };
  dropRecords(window, end);
  dropParties(window);
}

function dropRecords(window: Foldable, dropped: number): void {
  const { records } = window;
  const positions = new Set<number>();
  for (let i = 0; i < dropped; i++) positions.add(positionAt(records, i));
  window.reversals = window.reversals.filter((_, i, all) => !positions.has(all[i - (i % 2)]!));
  window.records = tailOf(records, dropped, 4);
}

/** Forgets the names of parties that neither a record nor the fold refers to, once they are the larger part. */
function dropParties(window: Foldable): void {
  const { names, records } = window;
  const roll = names.parties;
  const live = new Uint8Array(roll.length + 1);
  for (let i = 0; i < records.count; i++) live[partyAt(records, i)] = 1;
  forEachGroup(window.fold.state, (group) => {
    live[Math.max(0, group - CHANNELS.length)] = 1;
  });
  const kept = numbersOf(roll).filter((number) => live[number] === 1);
  const length = kept.reduce((sum, number) => sum + lengthAt(roll, number), 0);
  if (roll.length <= 2 * length + SMALL_ROLL) return;
  const renumbered = new Int32Array(roll.length + 1);
  let next = nextNumber(EMPTY_ROLL);
  for (const number of kept) {
    renumbered[number] = next;
    next += lengthAt(roll, number);
  }
  names.parties = enrol(EMPTY_ROLL, ...kept.map((number) => nameAt(roll, number)));
  names.partyIndex = null;
  for (let i = 0; i < records.count; i++) setParty(records, i, renumbered[partyAt(records, i)]!);
  const state = renumberGroups(window.fold.state, (group) =>
    group <= CHANNELS.length ? group : renumbered[group - CHANNELS.length]! + CHANNELS.length,
  );
  window.fold = { ...window.fold, state };
}
