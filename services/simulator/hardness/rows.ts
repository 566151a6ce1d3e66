import { DAY_MS } from '../../domain/calendar/days.ts';
import { CATALOGUE } from '../../domain/features/catalogue.ts';
import { censoredDays, LABEL_PARAMETERS } from '../../domain/obligations/label.ts';
import { customerKey, endDayOf, generateCustomer } from '../../domain/synthetic-bank/generate.ts';
import { createOracle } from '../../domain/synthetic-bank/oracle.ts';
import type { BankParameters } from '../../domain/synthetic-bank/parameters.ts';
import { createLeakCheck } from '../dataset/leak-check.ts';
import type { TablePlan } from '../dataset/plan.ts';
import { datasetRows } from '../dataset/rows.ts';
import { emptyWaterfalls } from '../dataset/waterfall.ts';
import type { CustomerHistory } from '../store/bank-rows.ts';

/** What a sample of a bank is judged on. Arrays are by row unless they say otherwise. */
export interface HardnessRows {
  readonly labels: Uint8Array;
  /** Chance of the label, all that is hidden being known. */
  readonly chances: Float64Array;
  /** Place of the customer, from 0, rising. */
  readonly customers: Int32Array;
  /** By model input, in the catalogue's order; NaN: unknown. */
  readonly features: ReadonlyMap<string, Float64Array>;
  /** By clue that must tell nothing: a number a customer. */
  readonly clues: ReadonlyMap<string, Float64Array>;
  readonly customerCount: number;
}

export interface HardnessRequest {
  readonly seed: number;
  readonly customers: number;
  readonly months: number;
  readonly continuations: number;
  readonly progress?: (done: number) => void;
}

/** Inputs of the models: a derived feature is a sum over many, and no single one. */
const INPUTS = CATALOGUE.map(({ name, group }, index) => ({ name, group, index })).filter((f) => f.group !== 'derived');

export function hardnessRows(p: BankParameters, request: HardnessRequest): HardnessRows {
  const { seed, customers, months, continuations } = request;
  const dataEndMs = endDayOf(p, months) * DAY_MS;
  const plan: TablePlan = {
    currency: p.currency,
    seed,
    dataEndMs,
    fromMs: Number.NEGATIVE_INFINITY,
    toMs: dataEndMs,
    lagsDays: [0],
    label: LABEL_PARAMETERS,
    censorDays: censoredDays(LABEL_PARAMETERS),
    leakShare: 0,
  };
  const rows: { label: number; chance: number; customer: number; values: Float64Array }[] = [];
  const clues = new Map(Object.keys(cluesOf(0, EMPTY)).map((name) => [name, new Float64Array(customers)]));
  for (let customer = 0; customer < customers; customer++) {
    const history = generateCustomer(p, { seed, index: customer, months });
    const oracle = createOracle(p, history.truth, customerKey(seed, customer), continuations);
    const counters = { waterfalls: emptyWaterfalls(plan.lagsDays), leakCheck: createLeakCheck(plan, history) };
    for (const { tMs, label, profile, values } of datasetRows(history, plan, counters)) {
      rows.push({ label, chance: oracle.at(profile, tMs), customer, values });
    }
    for (const [name, value] of Object.entries(cluesOf(customer, history))) clues.get(name)![customer] = value;
    request.progress?.(customer + 1);
  }
  return {
    labels: Uint8Array.from(rows, (row) => row.label),
    chances: Float64Array.from(rows, (row) => row.chance),
    customers: Int32Array.from(rows, (row) => row.customer),
    features: new Map(INPUTS.map(({ name, index }) => [name, Float64Array.from(rows, (row) => row.values[index]!)])),
    clues,
    customerCount: customers,
  };
}

const EMPTY: CustomerHistory = { customerId: '0', profiles: [], rows: [] };

/** Numbers that are by design without meaning: places, ids as numbers, the last digits of amounts. */
function cluesOf(place: number, { customerId, rows }: CustomerHistory): Readonly<Record<string, number>> {
  // Machines give notes: cash is the one amount that is round.
  const digits = rows.filter((row) => row.category !== 'cash').map((row) => row.amountMinor % 10);
  const first = rows[0];
  return {
    order: place,
    customer_id: hexNumber(customerId),
    account_id: hexNumber(first?.accountId ?? '0'),
    first_transaction_id: hexNumber(first?.transactionId ?? '0'),
    last_transaction_id: hexNumber(rows.at(-1)?.transactionId ?? '0'),
    first_digit_of_time: ((first?.occurredMs ?? 0) / 1000) % 10,
    last_digit_of_amounts: digits.reduce((sum, digit) => sum + digit, 0) / Math.max(1, digits.length),
  };
}

function hexNumber(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16);
}
