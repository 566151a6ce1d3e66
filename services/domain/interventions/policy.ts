/**
 * The contact policy: when and how customers are contacted, as data. A policy that does not read as one is no policy, and without
 * a policy nobody is contacted (I8): {@link readContactPolicy} answers with every problem instead of filling gaps.
 */
import type { ContactChannel } from '../bank/profile.ts';
import type { RiskLevel } from '../scoring/risk.ts';

/** Levels that may lead to contact. */
export type ActionLevel = Exclude<RiskLevel, 'LOW'>;
export type InterventionType = 'urgent_outreach' | 'proactive_support' | 'gentle_reminder';

/** Lowest first. */
export const ACTION_LEVELS: readonly ActionLevel[] = ['MEDIUM', 'HIGH', 'CRITICAL'];
const INTERVENTION_TYPES: readonly string[] = ['urgent_outreach', 'proactive_support', 'gentle_reminder'];
const CHANNELS: readonly string[] = ['phone_call', 'sms', 'email'];

/** What is done for one level. */
export interface Strategy {
  readonly interventionType: InterventionType;
  readonly channel: ContactChannel;
  /** 1 is first; rises as urgency falls. */
  readonly priority: number;
  /** What the customer is told; "{reason}" stands for one sentence on what was noticed, or for nothing. No blame, no score. */
  readonly message: string;
}

export interface ContactPolicy {
  readonly version: string;
  readonly strategies: Readonly<Record<ActionLevel, Strategy>>;
  /** How long after a contact no further one of the same or a lower level follows, days, from 0. */
  readonly coolDownDays: number;
  /** How long an intervention stays open, days, from 1. */
  readonly openForDays: number;
  /** A live observation older than this is stale, milliseconds, from 1. */
  readonly maxObservationAgeMs: number;
  /** Smallest share of known features on which the policy acts, 0-1. */
  readonly minFeaturesKnownShare: number;
}

export const DAY_MS = 86_400_000;

/**
 * An offer is open for two weeks, one pay cycle of most people; for a month after it no equal or lower one follows, so that the
 * same trouble seen again is not a second contact. Two days of age admit feeds that know only the date and book the day after.
 * Half of the catalogue known: under that, the explanation speaks of what is missing rather than of the customer.
 */
export const DEFAULT_CONTACT_POLICY: ContactPolicy = {
  version: 'contact-1',
  strategies: {
    CRITICAL: {
      interventionType: 'urgent_outreach',
      channel: 'phone_call',
      priority: 1,
      message:
        'Hello, this is your bank. We are calling to offer help, not to ask for a payment. {reason}We would like to look at what is ' +
        'due in the coming weeks together with you and find a way that works, such as moving a due date or spreading a payment.',
    },
    HIGH: {
      interventionType: 'proactive_support',
      channel: 'sms',
      priority: 2,
      message:
        'Your bank here. {reason}If the coming weeks look tight, we can help early, for example by moving a due date. ' +
        'Call or write to us whenever it suits you.',
    },
    MEDIUM: {
      interventionType: 'gentle_reminder',
      channel: 'email',
      priority: 3,
      message:
        'Hello. {reason}If it would help, we can remind you before payments are due or look at your due dates with you. ' +
        'There is nothing that you have to do.',
    },
  },
  coolDownDays: 30,
  openForDays: 14,
  maxObservationAgeMs: 2 * DAY_MS,
  minFeaturesKnownShare: 0.5,
};

export type PolicyReading =
  | { readonly kind: 'policy'; readonly policy: ContactPolicy }
  | { readonly kind: 'unreadable'; readonly problems: readonly string[] };

/** Reads a policy from parsed JSON. Never guesses: an absent, extra-typed or out-of-bounds field makes the whole unreadable. */
export function readContactPolicy(value: unknown): PolicyReading {
  const problems: string[] = [];
  const root = objectAt(value, 'policy', problems);
  const strategies = objectAt(root.strategies, 'strategies', problems);
  const policy = {
    version: textAt(root, 'version', 64, problems),
    strategies: {
      CRITICAL: strategyAt(strategies, 'CRITICAL', problems),
      HIGH: strategyAt(strategies, 'HIGH', problems),
      MEDIUM: strategyAt(strategies, 'MEDIUM', problems),
    },
    coolDownDays: numberAt(root, 'coolDownDays', 0, 3650, problems),
    openForDays: numberAt(root, 'openForDays', 1, 3650, problems),
    maxObservationAgeMs: numberAt(root, 'maxObservationAgeMs', 1, 3650 * DAY_MS, problems),
    minFeaturesKnownShare: numberAt(root, 'minFeaturesKnownShare', 0, 1, problems),
  };
  return problems.length > 0 ? { kind: 'unreadable', problems } : { kind: 'policy', policy };
}

type Fields = Readonly<Record<string, unknown>>;

function objectAt(value: unknown, path: string, problems: string[]): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  problems.push(`${path} is not an object`);
  return {};
}

function textAt(fields: Fields, name: string, maxLength: number, problems: string[]): string {
  const value = fields[name];
  if (typeof value === 'string' && value.length > 0 && value.length <= maxLength) return value;
  problems.push(`${name} is not a text of 1-${maxLength} characters`);
  return '';
}

function numberAt(fields: Fields, name: string, min: number, max: number, problems: string[]): number {
  const value = fields[name];
  if (typeof value === 'number' && value >= min && value <= max) return value;
  problems.push(`${name} is not a number from ${min} to ${max}`);
  return min;
}

function oneOf<T extends string>(fields: Fields, name: string, values: readonly string[], problems: string[]): T {
  const value = fields[name];
  if (typeof value !== 'string' || !values.includes(value)) problems.push(`${name} is none of ${values.join(', ')}`);
  return value as T;
}

function strategyAt(strategies: Fields, level: ActionLevel, problems: string[]): Strategy {
  const found: string[] = [];
  const fields = objectAt(strategies[level], 'strategy', found);
  const strategy = {
    interventionType: oneOf<InterventionType>(fields, 'interventionType', INTERVENTION_TYPES, found),
    channel: oneOf<ContactChannel>(fields, 'channel', CHANNELS, found),
    priority: numberAt(fields, 'priority', 1, 1000, found),
    message: textAt(fields, 'message', 1000, found),
  };
  problems.push(...found.map((problem) => `strategies.${level}: ${problem}`));
  return strategy;
}
