import { DAY_MS, firstDayOfMonth, monthOf } from '../../domain/calendar/days.ts';
import { censoredDays, LABEL_PARAMETERS, type LabelParameters } from '../../domain/obligations/label.ts';
import { ORACLE_CONTINUATIONS } from '../../domain/synthetic-bank/oracle.ts';
import type { Flag, Flags } from '../arguments.ts';
import { UsageError } from '../usage-error.ts';
import type { TablePlan } from './plan.ts';
import type { OraclePlan } from './synthetic.ts';

/** What of a table is chosen by flags, whatever bank it is made of. */

const { horizonDays, graceDays, lateDays, seriouslyLateDays, recentDays } = LABEL_PARAMETERS;
const LEAK_SHARE = 0.01;
const LONGEST_DAYS = 730;

export const PLAN_FLAGS: readonly Flag[] = [
  { name: 'moment-seed', about: "seed of the moments (default the bank's, else 1)", value: 'S' },
  { name: 'from', about: 'rows with t from here on', value: 'TIME' },
  { name: 'to', about: 'rows with t before this', value: 'TIME' },
  { name: 'from-month', about: 'rows from this calendar month of the data on, the first being 1', value: 'K' },
  {
    name: 'lags',
    about: 'for training: rows so many days before each moment as well, for instance 15,30',
    value: 'DAYS',
  },
  {
    name: 'horizon-days',
    about: `the label looks at what falls due in so many days (default ${horizonDays})`,
    value: 'D',
  },
  { name: 'grace-days', about: `missed is not fully paid so many days past due (default ${graceDays})`, value: 'D' },
  {
    name: 'censor-days',
    about: 'days that t must lie before the end of the data (default horizon + grace)',
    value: 'D',
  },
  { name: 'late-days', about: `already late is unpaid so many days past due (default ${lateDays})`, value: 'D' },
  {
    name: 'seriously-late-days',
    about: `recently late is so many days past due (default ${seriouslyLateDays}) …`,
    value: 'D',
  },
  { name: 'recent-days', about: `… on one of so many last dates (default ${recentDays})`, value: 'D' },
  {
    name: 'leak-check',
    about: `share of the rows computed again with all later data taken away (default ${LEAK_SHARE})`,
    value: 'SHARE',
  },
];

/** For a synthetic bank alone: only there is anything known of the hidden state. */
export const ORACLE_FLAGS: readonly Flag[] = [
  {
    name: 'oracle',
    about: "with a column of the oracle's chance of the label, all that is hidden being known",
    value: null,
  },
  { name: 'oracle-from', about: 'ask it only for rows with t from here on; NaN elsewhere', value: 'TIME' },
  { name: 'continuations', about: `of the hidden process, a row (default ${ORACLE_CONTINUATIONS})`, value: 'N' },
];

/** Null: not asked for. @throws UsageError */
export function readOracle(flags: Flags, { label }: TablePlan): OraclePlan | null {
  if (!flags.isSet('oracle')) return null;
  if (label.horizonDays !== horizonDays || label.graceDays !== graceDays) {
    throw new UsageError(`--oracle knows the label of ${horizonDays} days and ${graceDays} of grace, and no other`);
  }
  return {
    continuations: flags.integer('continuations', { min: 2, max: 1_000_000, default: ORACLE_CONTINUATIONS }),
    fromMs: flags.time('oracle-from') ?? Number.NEGATIVE_INFINITY,
  };
}

/** What the bank gives to the plan. */
export interface PlanBasis {
  readonly currency: string;
  readonly seed: number | null;
  /** First instant of the data; null: there are none. */
  readonly dataStartMs: number | null;
  readonly dataEndMs: number;
}

/** @throws UsageError */
export function readPlan(flags: Flags, { currency, seed, dataStartMs, dataEndMs }: PlanBasis): TablePlan {
  const label = readLabel(flags);
  const least = censoredDays(label);
  return {
    currency,
    seed: flags.integer('moment-seed', { min: 0, max: Number.MAX_SAFE_INTEGER, default: seed ?? 1 }),
    dataEndMs,
    fromMs: readFrom(flags, dataStartMs ?? dataEndMs),
    toMs: flags.time('to') ?? dataEndMs,
    lagsDays: readLags(flags),
    label,
    censorDays: flags.integer('censor-days', { min: least, max: 2 * LONGEST_DAYS, default: least }),
    leakShare: flags.optionalNumber('leak-check', { min: 0, max: 1 }) ?? LEAK_SHARE,
  };
}

function readLabel(flags: Flags): LabelParameters {
  const days = (name: string, standard: number) =>
    flags.integer(name, { min: 1, max: LONGEST_DAYS, default: standard });
  return {
    horizonDays: days('horizon-days', horizonDays),
    graceDays: days('grace-days', graceDays),
    lateDays: days('late-days', lateDays),
    seriouslyLateDays: days('seriously-late-days', seriouslyLateDays),
    recentDays: days('recent-days', recentDays),
  };
}

function readFrom(flags: Flags, dataStartMs: number): number {
  const time = flags.time('from');
  const month = flags.optionalInteger('from-month', { min: 1, max: 1200 });
  if (month === null) return time ?? Number.NEGATIVE_INFINITY;
  if (time !== null) throw new UsageError('--from and --from-month say the same thing: give one of them');
  return firstDayOfMonth(monthOf(Math.floor(dataStartMs / DAY_MS)) + month - 1) * DAY_MS;
}

/** The moment itself always comes first. */
function readLags(flags: Flags): readonly number[] {
  const text = flags.text('lags');
  const lags = text === null ? [] : text.split(',').map(Number);
  const wrong = lags.find((lag) => !Number.isInteger(lag) || lag < 1 || lag > LONGEST_DAYS);
  if (wrong !== undefined || new Set(lags).size !== lags.length) {
    throw new UsageError(`--lags is ${text}: expected different whole numbers of days from 1 to ${LONGEST_DAYS}`);
  }
  return [0, ...lags.toSorted((a, b) => a - b)];
}

/** As the sidecar has it. */
export function planDocument({ seed, fromMs, toMs, lagsDays, label, censorDays }: TablePlan) {
  return {
    moments: {
      seed,
      from_time: timeOrNull(fromMs),
      to_time: new Date(toMs).toISOString(),
      lags_days: lagsDays,
    },
    label: {
      horizon_days: label.horizonDays,
      grace_days: label.graceDays,
      late_days: label.lateDays,
      seriously_late_days: label.seriouslyLateDays,
      recent_days: label.recentDays,
      censor_days: censorDays,
    },
  };
}

/** As the sidecar has it; null: the table has no such column. */
export function oracleDocument(oracle: OraclePlan | null) {
  if (oracle === null) return { oracle: null };
  return { oracle: { continuations: oracle.continuations, from_time: timeOrNull(oracle.fromMs) } };
}

/** Null: as early as the data go. */
function timeOrNull(ms: number): string | null {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : null;
}
