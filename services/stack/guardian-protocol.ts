/**
 * What an owner tells its guardian, one JSON object a line on the guardian's standard input. The end of that input without
 * `dismiss` means that the owner is dead.
 */
import type { ProcessIdentity } from './process-identity.ts';

/** The variable by which a guardian knows a child that its owner spawned and then died before it could say which. */
export const SPAWN_TOKEN = 'PDE_SPAWN_TOKEN';

/** How a child is to be stopped. */
export interface StopOrder {
  readonly name: string;
  readonly stopSignal: NodeJS.Signals;
  /** Lower ranks are stopped first: services 0, Kafka and the registry 1, PostgreSQL 2. */
  readonly stopRank: number;
}

/** A child to be stopped: first by its own signal, then with its whole group by SIGKILL. */
export interface GuardedProcess extends ProcessIdentity, StopOrder {}

/** A child that is about to be spawned, with this token in its environment. */
export interface AnnouncedProcess extends StopOrder {
  readonly token: string;
}

export type GuardianMessage =
  /** Until the `add` that follows where the child could be spawned. */
  | { readonly kind: 'spawning'; readonly process: AnnouncedProcess }
  | { readonly kind: 'add'; readonly process: GuardedProcess }
  | { readonly kind: 'remove'; readonly pid: number }
  | { readonly kind: 'dismiss' };

/** One message as a line. */
export function guardianLine(message: GuardianMessage): string {
  return `${JSON.stringify(message)}\n`;
}
