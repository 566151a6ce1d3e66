/**
 * `npm run bench:features -- --json`: microseconds of one vector and of one appended row, and the bytes of a cached customer.
 * See services/domain/features/README.md for how a vector is made.
 *
 * The customers are seeded. A *new* one has nothing but the entries of its window; a *known* one has a year before them, which its
 * window has folded. Vectors are measured twice: *warm*, a few customers in turn, which the processor's caches hold, and *cold*, more
 * customers in turn than they hold, so that each window comes from memory, as where a stream meets many customers.
 */
import { createHash } from 'node:crypto';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Obligation, Profile } from '../../services/domain/bank/profile.ts';
import type { Category, Channel, LedgerRow } from '../../services/domain/bank/transaction.ts';
import { DAY_MS, parseDay } from '../../services/domain/calendar/days.ts';
import { encodeWindow, windowBytes } from '../../services/domain/features/snapshot.ts';
import { appendRow, emptyWindow, observe } from '../../services/domain/features/window.ts';
import { childKey, type Random, randomOf, rootKey } from '../../services/domain/synthetic-bank/random.ts';
import { createCustomerCache } from '../../services/features/customer-cache.ts';
import { type CustomerState, newCustomer } from '../../services/features/customer-state.ts';

interface Case {
  /** Rows on the last 97 dates. */
  readonly entries: number;
  readonly history: 'new' | 'known';
  readonly customers: number;
  readonly merchants: number;
}

const CASES: readonly Case[] = [
  { entries: 100, history: 'new', customers: 2_000, merchants: 25 },
  { entries: 100, history: 'known', customers: 1_000, merchants: 25 },
  { entries: 3_000, history: 'new', customers: 40, merchants: 400 },
  { entries: 3_000, history: 'known', customers: 12, merchants: 400 },
];
const WARM_CUSTOMERS = 4;
const MEMORY_CUSTOMERS = 5_000;
const WINDOW_DATES = 97;
const YEAR_BEFORE = 365;
const LAST_DAY = parseDay('2026-06-30')!;
const ROUND_MS = 200;
const NOT_MEASURED = [
  'the service around it: decoding, Postgres, scoring (vectors only)',
  'memory beside the heap and the buffers: allocator overhead, and the profiles, which have a cache of their own',
  'customers with more than a year before their window: payments of obligations are kept as long as the ledger',
  'feeds whose offset changes from row to row: they take two passes instead of one',
];

const HELP = `bench:features: microseconds of a vector and of an appended row, bytes of a cached customer

  --json       the result as JSON on standard output
  --rounds N   rounds that count, 1 to 100 (default 9)
`;

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '9' },
    help: { type: 'boolean', default: false },
  },
});
function readRounds(text: string): number {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= 100) return rounds;
  process.stderr.write(`bench:features: --rounds ${text} is no whole number from 1 to 100\n`);
  process.exit(64);
}

function main(rounds: number): void {
  const bytes = {
    bytes_per_customer_at_100: bytesPerCustomer(CASES[0]!),
    bytes_per_known_customer_at_100: bytesPerCustomer(CASES[1]!),
  };
  const results = CASES.map((one) => measure(one, rounds));
  const measured = `median of ${rounds} rounds of at least ${ROUND_MS} ms after one that does not count, min and max beside it; us by the clock, cpu_us by the thread's processor time, which is lengthened less by a busy machine`;
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cpus: cpus().length,
    load_average: loadavg()[0],
    node: process.version,
  };
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ results, ...bytes, measured, machine, not_measured: NOT_MEASURED })}\n`);
    return;
  }
  console.table(results);
  console.table(bytes);
  process.stdout.write(`${measured}; not measured: ${NOT_MEASURED.join('; ')}\n`);
}

interface Customer {
  readonly rows: readonly LedgerRow[];
  readonly profile: Profile;
}

/** Rows in the order of occurrence, about one in a hundred a reversal of one of the few before it. */
function customer(one: Case, number: number): Customer {
  const random = randomOf(childKey(rootKey(one.entries), `${one.history}-${number}`));
  const firstDay = LAST_DAY - WINDOW_DATES + 1;
  const rows: LedgerRow[] = [];
  if (one.history === 'known') {
    const earlier = Math.round((one.entries * YEAR_BEFORE) / WINDOW_DATES);
    addRows(rows, random, one, number, firstDay - YEAR_BEFORE, YEAR_BEFORE, earlier);
  }
  addRows(rows, random, one, number, firstDay, WINDOW_DATES, rows.length + one.entries);
  return { rows, profile: profileOf(number, rows[0]!.occurredMs) };
}

const CATEGORIES: readonly Category[] = ['groceries', 'dining', 'shopping', 'transport', 'entertainment', 'health'];
const CHANNELS: readonly Channel[] = ['card', 'card', 'card', 'atm', 'direct_debit', 'transfer'];
const OFFSET_MINUTES = 60;

/** Adds rows until there are `count`, over `days` dates from `first` on: salaries, what is due, and purchases between them. */
function addRows(
  rows: LedgerRow[],
  random: Random,
  one: Case,
  customerNumber: number,
  first: number,
  days: number,
  count: number,
): void {
  const before = rows.length;
  for (let at = 0; rows.length < count; at++) {
    const day = first + Math.floor((at * days) / (count - before));
    const isNewDate = day !== first + Math.floor(((at - 1) * days) / (count - before));
    const due = isNewDate ? dueOn(day, customerNumber) : null;
    rows.push(rowOf(rows, random, one, customerNumber, day, due));
  }
}

type Due = { readonly category: Category; readonly amountMinor: number; readonly credit: boolean };

/** Salary on the 1st, and an obligation each on the 3rd, 8th, 13th and 18th of some thirty days. */
function dueOn(day: number, customerNumber: number): Due | null {
  const days = (((day - customerNumber) % 30) + 30) % 30;
  if (days === 0) return { category: 'salary', amountMinor: 250_000 + 100 * (day % 7), credit: true };
  const obligation = OBLIGATIONS.find(({ onDay }) => onDay === days);
  return obligation === undefined ? null : { ...obligation, credit: false };
}

const OBLIGATIONS = [
  { onDay: 3, category: 'rent', kind: 'rent', amountMinor: 80_000 },
  { onDay: 8, category: 'utilities', kind: 'utilities', amountMinor: 12_000 },
  { onDay: 13, category: 'loan', kind: 'loan', amountMinor: 25_000 },
  { onDay: 18, category: 'subscription', kind: 'subscription', amountMinor: 1_500 },
] as const;

function rowOf(
  rows: readonly LedgerRow[],
  random: Random,
  one: Case,
  customerNumber: number,
  day: number,
  due: Due | null,
): LedgerRow {
  const previous = rows.at(-1);
  const earliest = day * DAY_MS - OFFSET_MINUTES * 60_000;
  const occurredMs = Math.max(earliest + random.integer(6, 30) * 60_000, (previous?.occurredMs ?? 0) + 1_000);
  const reversed = due === null && previous !== undefined && random.chance(0.01) ? previous : null;
  const credit = due?.credit ?? false;
  return {
    transactionId: `t${customerNumber}-${rows.length}`,
    accountId: `account-${customerNumber}`,
    occurredMs,
    bookedMs: occurredMs,
    utcOffsetMinutes: OFFSET_MINUTES,
    timePrecision: 'second',
    direction: credit ? 'credit' : 'debit',
    status: due === null && random.chance(0.01) ? 'failed' : 'settled',
    amountMinor: due?.amountMinor ?? reversed?.amountMinor ?? random.integer(100, 6_000),
    balanceAfterMinor: 150_000 + random.integer(-100_000, 100_000),
    channel: due === null ? random.pick(CHANNELS) : 'transfer',
    category: due?.category ?? random.pick(CATEGORIES),
    merchantId: due === null ? `merchant-${customerNumber % 50}-${random.integer(1, one.merchants)}` : null,
    counterpartyId: credit ? `employer-${customerNumber}` : null,
    obligationId: due === null || credit ? null : due.category,
    reversesTransactionId: reversed !== null && reversed.reversesTransactionId === null ? reversed.transactionId : null,
    ownTransfer: false,
    declares: 63,
  };
}

function profileOf(customerNumber: number, firstMs: number): Profile {
  const start = Math.floor(firstMs / DAY_MS);
  const obligations: Obligation[] = OBLIGATIONS.map(({ onDay, category, kind, amountMinor }) => ({
    obligationId: category,
    kind,
    amountMinor,
    firstDueDay: start + onDay,
    interval: { kind: 'days', days: 30 },
    lastDueDay: null,
  }));
  return {
    customerId: `customer-${customerNumber}`,
    version: 1,
    effectiveMs: 0,
    timeZone: 'Europe/Prague',
    consents: [],
    obligations,
    obligationsDeclared: true,
    salaryDayOfMonth: null,
    standing: 'open',
    mode: 'live',
  };
}

/** Position of what a row undoes: the row before it. */
function originalPosition(row: LedgerRow, index: number): number | null {
  return row.reversesTransactionId === null ? null : index;
}

function stateOf({ rows }: Customer, number: number): CustomerState {
  const state = newCustomer(`customer-${number}`, 'EUR', 'live');
  for (const [index, row] of rows.entries()) {
    if (appendRow(state.window, row, originalPosition(row, index)).kind === 'stale') throw new Error('a row is late');
    state.ledgerRows++;
    state.latestOccurredMs = Math.max(state.latestOccurredMs, row.occurredMs);
  }
  return state;
}

/** Heap and buffers that many cached customers hold, by customer: what is left after garbage is collected. */
function bytesPerCustomer(one: Case): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const cache = createCustomerCache(Number.MAX_SAFE_INTEGER, (state) => windowBytes(state.window));
  const held = (): number => {
    collect();
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  for (let i = 0; i < 100; i++) stateOf(customer(one, i), i);
  const before = held();
  for (let i = 0; i < MEMORY_CUSTOMERS; i++) cache.put(stateOf(customer(one, i), i), 0, 1n);
  const bytes = (held() - before) / MEMORY_CUSTOMERS;
  if (cache.stats().customers !== MEMORY_CUSTOMERS) throw new Error('the cache has dropped customers');
  return Math.round(bytes);
}

interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Microseconds each: by the clock, and of this thread's processor alone, which a busy machine lengthens less. */
interface Cost {
  readonly wallUs: number;
  readonly cpuUs: number;
}

function measure(one: Case, rounds: number) {
  const customers = Array.from({ length: one.customers }, (_, i) => customer(one, i));
  const states = customers.map(stateOf);
  const digest = createHash('sha256');
  for (const [i, state] of states.entries()) {
    const observation = observe(state.window, customers[i]!.profile, state.latestOccurredMs);
    digest.update(observation!.values);
  }
  const warm = spread(rounds, () => vectorCost(customers.slice(0, WARM_CUSTOMERS), states.slice(0, WARM_CUSTOMERS)));
  const cold = spread(rounds, () => vectorCost(customers, states));
  const append = spread(rounds, () => appendCost(customers));
  const average = (numberOf: (state: CustomerState) => number) =>
    Math.round(states.reduce((sum, state) => sum + numberOf(state), 0) / states.length);
  return {
    entries: one.entries,
    history: one.history,
    customers: one.customers,
    vector_us: warm.wall.median,
    vector_us_min: warm.wall.min,
    vector_us_max: warm.wall.max,
    vector_cpu_us: warm.cpu.median,
    vector_cold_us: cold.wall.median,
    vector_cold_us_min: cold.wall.min,
    vector_cold_us_max: cold.wall.max,
    vector_cold_cpu_us: cold.cpu.median,
    append_us: append.wall.median,
    append_us_min: append.wall.min,
    append_us_max: append.wall.max,
    append_cpu_us: append.cpu.median,
    window_bytes: average((state) => windowBytes(state.window)),
    snapshot_bytes: average((state) => encodeWindow(state.window).length),
    vectors_sha256: digest.digest('hex').slice(0, 16),
  };
}

function spread(rounds: number, time: () => Cost): { readonly wall: Spread; readonly cpu: Spread } {
  time();
  const costs = Array.from({ length: rounds }, time);
  return { wall: spreadOf(costs.map((cost) => cost.wallUs)), cpu: spreadOf(costs.map((cost) => cost.cpuUs)) };
}

function spreadOf(found: readonly number[]): Spread {
  const sorted = [...found].sort((a, b) => a - b);
  const figure = (value: number) => Number(value.toFixed(3));
  const median = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
  return { median: figure(median), min: figure(sorted[0]!), max: figure(sorted.at(-1)!) };
}

/** One round: `pass` does some of it and answers how much, until the round is over. */
function costOf(pass: (turn: number) => number): Cost {
  const startMs = performance.now();
  const startCpu = process.threadCpuUsage();
  let done = 0;
  for (let turn = 0; performance.now() - startMs < ROUND_MS; turn++) done += pass(turn);
  const { user, system } = process.threadCpuUsage(startCpu);
  return { wallUs: ((performance.now() - startMs) * 1_000) / done, cpuUs: (user + system) / done };
}

function vectorCost(customers: readonly Customer[], states: readonly CustomerState[]): Cost {
  return costOf(() => {
    for (let i = 0; i < states.length; i++) {
      const { window, latestOccurredMs } = states[i]!;
      if (observe(window, customers[i]!.profile, latestOccurredMs) === null) throw new Error('no vector');
    }
    return states.length;
  });
}

/** Windows from nothing, row by row, what folding costs on the way included. */
function appendCost(customers: readonly Customer[]): Cost {
  return costOf((turn) => {
    const { rows } = customers[turn % customers.length]!;
    const window = emptyWindow('EUR');
    for (let i = 0; i < rows.length; i++) appendRow(window, rows[i]!, originalPosition(rows[i]!, i));
    return rows.length;
  });
}

if (options.help) process.stdout.write(HELP);
else main(readRounds(options.rounds));
