/** What a case of the matrix is made of. */
import type { ServiceName } from '../../services/cli/engine.ts';

/** Whole numbers or shares from the first to the second, both included. */
export type Range = readonly [number, number];

/** An instance of a service, the simulator that streams, or a part of the stack. */
export type Target = `${ServiceName}${'' | '-2' | '-3'}` | 'simulator' | Part;
export type Part = 'kafka' | 'postgres' | 'registry';

/** A way from a service to whom it calls; where a case strikes it, it leads through a proxy. */
export type Link = `${Caller}>${'postgres' | 'kafka' | 'registry' | 'scoring'}`;
type Caller = 'features' | 'features-2' | 'scoring' | 'interventions' | 'simulator';

/**
 * What a proxy does to a link. slow: every piece of up to 64 KiB takes so long, either way. cut: all connections are reset, new ones
 * too. hole: what is sent is held, either way, and given on at the end.
 */
export type Disturbance = 'slow' | 'cut' | 'hole';

/** When a fault strikes: at a share of the bank's transactions processed, or so long after the case's previous fault. */
export type Instant = { readonly share: Range } | { readonly afterMs: Range };

export type Fault =
  /**
   * kill -9 of itself at the n-th passing of a named crash point; with `forMs` SIGSTOP there, and SIGCONT after that long. With
   * `takenOver` it sleeps on until another instance has processed what it had in hand, however long a busy machine takes for that.
   * `or`: another instance that may be the one to pass the point. Each that passes it is struck, and one has to be.
   */
  | {
      readonly kind: 'point';
      readonly target: Target;
      readonly or?: Target;
      readonly point: string;
      readonly nth: Range;
      readonly forMs?: Range;
      readonly takenOver?: true;
    }
  | {
      readonly kind: 'signal';
      readonly target: Target;
      readonly signal: 'SIGKILL' | 'SIGTERM';
      readonly when: Instant;
    }
  /** SIGSTOP, and SIGCONT after that long: the zombie. */
  | { readonly kind: 'pause'; readonly target: Target; readonly forMs: Range; readonly when: Instant }
  | {
      readonly kind: 'link';
      readonly link: Link;
      readonly disturbance: Disturbance;
      readonly forMs: Range;
      readonly when: Instant;
    }
  /** A table that nobody can write to for that long, as during somebody's maintenance. */
  | { readonly kind: 'lock'; readonly table: string; readonly forMs: Range; readonly when: Instant }
  /** A folder's file system has no byte left for that long. */
  | { readonly kind: 'disk'; readonly part: 'kafka' | 'postgres'; readonly forMs: Range; readonly when: Instant }
  /** The wall clock stands so far from the true one, from then on. */
  | { readonly kind: 'clock'; readonly target: Target; readonly offsetMs: number; readonly when: Instant };

export type Family =
  | 'point'
  | 'kill'
  | 'term'
  | 'part'
  | 'zombie'
  | 'rebalance'
  | 'storm'
  | 'scale'
  | 'lock'
  | 'slow'
  | 'cut'
  | 'hole'
  | 'disk'
  | 'clock';

export interface FaultCase {
  readonly name: string;
  readonly family: Family;
  /** How many instances; absent: one of each. */
  readonly instances?: Partial<Record<ServiceName, number>>;
  readonly faults: readonly Fault[];
}

/** Silence after which the broker gives an instance's partitions away, in every case; the shortest that the services take. */
export const SESSION_TIMEOUT_MS = 6_000;

/** Longer than that. */
export const BEYOND_SESSION: Range = [8_000, 11_000];

export const MIDDLE: Instant = { share: [0.1, 0.8] };
export const EARLY: Instant = { share: [0.1, 0.3] };
export const AT_ONCE: Instant = { share: [0.01, 0.05] };

/** What a case needs and this machine does not offer; the message says what. */
export class NotOfferedError extends Error {
  override readonly name = 'NotOfferedError';
}
