/**
 * Sends a bank, from its checkpoint on.
 *
 *  - A profile is acknowledged before any transaction at or after its effective time is sent (profiles-ahead.ts).
 *  - The checkpoint moves only over what is acknowledged, in order: a crash resends, it never skips (I1); the engine refuses the
 *    repeats by their ids (I2).
 *  - Paced by a fixed rate the loop is open: sending waits for no acknowledgement, up to a bound of what is in flight, and the
 *    checkpoint moves ten times a second.
 */
import { crashPoint } from '../../platform/lifecycle/crash-point.ts';
import type { Queryable } from '../../platform/postgres/pool.ts';
import type { BankProfile, BankTransaction } from '../store/bank-rows.ts';
import { type Checkpoint, moveCheckpoint } from '../store/checkpoints.ts';
import type { Pace } from './pace.ts';
import { createPager, type Pager } from './pager.ts';
import { createProfilesAhead, type ProfilesAhead } from './profiles-ahead.ts';
import type { Sender } from './sender.ts';

export interface StreamOptions {
  readonly db: Queryable;
  readonly sender: Sender;
  readonly checkpoint: Checkpoint;
  /** Transactions in the bank: past the last one, the remaining profiles go out too. */
  readonly bankTransactions: number;
  readonly batchSize: number;
  /** At most so many transactions in this run. */
  readonly total: number;
  readonly pace: Pace;
  /** Waits for no acknowledgement before it sends on. */
  readonly openLoop: boolean;
  /** Puts the scheduled send on each record. */
  readonly measure: boolean;
  /** Aborted: stop after what is in flight. */
  readonly stop: AbortSignal;
  onProgress(counts: StreamCounts): void;
}

export interface StreamCounts {
  readonly sent: number;
  readonly acknowledged: number;
  readonly profiles: number;
}

/** Batches in flight at most in an open loop. */
const MAX_IN_FLIGHT = 512;
/** Transactions whose profiles are sent ahead. */
const LOOK_AHEAD = 2_000;
/** Between two checkpoints of an open loop. */
const CHECKPOINT_EVERY_MS = 100;

export async function runStream(o: StreamOptions): Promise<StreamCounts> {
  const { checkpoint } = o;
  const end = Math.min(checkpoint.endSequence, checkpoint.nextSequence + o.total);
  const state = newState(o, end);
  while (!o.stop.aborted && !state.failure.signal.aborted) {
    const coming = await state.pager.coming();
    const [first] = coming;
    if (first === undefined) break;
    const limit = Math.min(o.batchSize, coming.length);
    const count = o.pace.ready(performance.now(), limit, (i) => coming[i]?.row.bookedMs ?? Number.POSITIVE_INFINITY);
    if (count > 0) await sendBatch(o, state, coming.slice(0, count));
    else await pause(o.pace.waitMs(performance.now(), first.row.bookedMs), o.stop);
  }
  await state.acknowledged;
  await state.profiles.settled();
  state.failure.signal.throwIfAborted();
  if (state.unwritten !== null) await moveOn(o, state, state.unwritten);
  // Past the last transaction the remaining profiles go out too.
  if (!o.stop.aborted && end >= o.bankTransactions) await state.profiles.upTo(end + 1, end + 1);
  return { ...state.counts };
}

interface StreamState {
  readonly pager: Pager;
  readonly profiles: ProfilesAhead;
  /** Sequence after the run's last transaction. */
  readonly end: number;
  readonly counts: { sent: number; acknowledged: number; profiles: number };
  /** Acknowledged and not behind the checkpoint yet. */
  unwritten: Unwritten | null;
  writtenMs: number;
  inFlight: number;
  /** Settles when everything sent so far is acknowledged and the checkpoint stands behind it. Never rejects. */
  acknowledged: Promise<void>;
  /** Aborted by the first failure. */
  readonly failure: AbortController;
}

interface Unwritten {
  readonly transactions: number;
  readonly to: { readonly nextSequence: number; readonly nextProfileSequence: number };
}

function newState(o: StreamOptions, end: number): StreamState {
  const { bankId, nextSequence, nextProfileSequence } = o.checkpoint;
  const counts = { sent: 0, acknowledged: 0, profiles: 0 };
  const failure = new AbortController();
  return {
    pager: createPager(o.db, bankId, nextSequence, end),
    profiles: createProfilesAhead({
      ...{ db: o.db, bankId, nextProfileSequence },
      send: (profiles) => sendProfiles(o, counts, profiles, failure.signal),
    }),
    end,
    counts,
    unwritten: null,
    writtenMs: Number.NEGATIVE_INFINITY,
    inFlight: 0,
    acknowledged: Promise.resolve(),
    failure,
  };
}

async function sendBatch(o: StreamOptions, state: StreamState, batch: readonly BankTransaction[]): Promise<void> {
  const nextSequence = (batch.at(-1)?.sequence ?? 0) + 1;
  await state.profiles.upTo(nextSequence, Math.min(state.end, nextSequence + LOOK_AHEAD));
  const scheduled = o.pace.take(batch.length);
  const wall = o.measure ? (scheduled?.map((ms) => performance.timeOrigin + ms) ?? null) : null;
  const sending = o.sender.transactions(batch, state.failure.signal, wall);
  sending.catch((cause: unknown) => state.failure.abort(cause));
  state.pager.drop(batch.length);
  state.counts.sent += batch.length;
  state.inFlight++;
  const before = state.acknowledged;
  const { nextProfileSequence } = state.profiles;
  state.acknowledged = before
    .then(() => sending)
    .then(() => settle(o, state, batch.length, { nextSequence, nextProfileSequence }))
    .catch((cause: unknown) => state.failure.abort(cause))
    .finally(() => state.inFlight--);
  if (!o.openLoop || state.inFlight >= MAX_IN_FLIGHT) await state.acknowledged;
}

async function settle(o: StreamOptions, state: StreamState, count: number, to: Unwritten['to']): Promise<void> {
  if (state.failure.signal.aborted) return;
  state.counts.acknowledged += count;
  state.unwritten = { transactions: (state.unwritten?.transactions ?? 0) + count, to };
  if (!o.openLoop || performance.now() - state.writtenMs >= CHECKPOINT_EVERY_MS) {
    await moveOn(o, state, state.unwritten);
  }
  o.onProgress(state.counts);
}

async function moveOn(o: StreamOptions, state: StreamState, { to, transactions }: Unwritten): Promise<void> {
  crashPoint('after-acknowledge-before-checkpoint');
  state.unwritten = null;
  state.writtenMs = performance.now();
  await moveCheckpoint(o.db, o.checkpoint, to, { transactions, profiles: 0 });
}

async function sendProfiles(
  o: StreamOptions,
  counts: StreamState['counts'],
  profiles: readonly BankProfile[],
  signal: AbortSignal,
): Promise<void> {
  await o.sender.profiles(profiles, signal);
  counts.profiles += profiles.length;
  const nextProfileSequence = (profiles.at(-1)?.sequence ?? 0) + 1;
  const to = { nextSequence: o.checkpoint.nextSequence, nextProfileSequence };
  await moveCheckpoint(o.db, o.checkpoint, to, { transactions: 0, profiles: profiles.length });
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      stop.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(ms, 1_000));
    stop.addEventListener('abort', done);
  });
}
