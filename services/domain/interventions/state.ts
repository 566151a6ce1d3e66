/**
 * What is remembered of a customer to decide about them again. It is a fold of their decisions (and of the outcomes that officers
 * recorded), so it can always be rebuilt. Invariants:
 * - at most one intervention is open: an equal or lower one is not made while one is open, a higher one takes its place;
 * - lastDecidedMs never falls.
 */
import type { Decision } from './decide.ts';
import type { ActionLevel } from './policy.ts';

export interface OpenIntervention {
  readonly interventionId: string;
  readonly level: ActionLevel;
  readonly openedMs: number;
  /** The first instant at which it is no longer open. */
  readonly expireMs: number;
}

export interface CustomerState {
  /** `now` of the latest decision; null: there is none. */
  readonly lastDecidedMs: number | null;
  /** The latest intervention, unless an outcome was recorded for it. It may have expired: see {@link openAt}. */
  readonly open: OpenIntervention | null;
  /** When the customer was last contacted at a level. */
  readonly contactedMs: Readonly<Partial<Record<ActionLevel, number>>>;
}

export const initialState: CustomerState = { lastDecidedMs: null, open: null, contactedMs: {} };

/** The state after a decision. */
export function evolve(state: CustomerState, decision: Decision): CustomerState {
  const { result } = decision;
  switch (result.kind) {
    case 'suppression':
      return { ...state, lastDecidedMs: decision.decidedMs };
    case 'intervention':
      return {
        lastDecidedMs: decision.decidedMs,
        open: {
          interventionId: result.interventionId,
          level: result.level,
          openedMs: decision.decidedMs,
          expireMs: result.expireMs,
        },
        contactedMs: { ...state.contactedMs, [result.level]: decision.decidedMs },
      };
    default:
      return result satisfies never;
  }
}

/** The intervention that is open at an instant. */
export function openAt(state: CustomerState, nowMs: number): OpenIntervention | null {
  return state.open !== null && nowMs < state.open.expireMs ? state.open : null;
}
