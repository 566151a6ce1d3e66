/**
 * Finding the salary among the credits: a forward pass, one step a credit in the order (date, occurred time, position).
 *
 * A credit is *large* if it is at least 10 % of monthly outflow (30 x the daily outflow of the 90 dates up to its own, over the
 * debits before it, unknown under 14 observed days) as that stood at the credit. At each large credit of a group (one payer,
 * else one channel; neither known: no group) the successive credits of the group that end with it are tried, longest first:
 * dates within the last 400, amounts of at least 10 % of the same monthly outflow, at least 3, each within 20 % of their
 * median, with a median gap of 6-8, 13-15 or 27-34 days. The longest that holds (it has the largest total) is found.
 *
 * What is found becomes the cycle if there is none yet, if it continues the cycle's own group, if pay has resumed with it (it
 * began after the cycle's last salary, which lies more than one and a half gaps back), or if its total is larger (equal: the
 * earlier start). Once found a cycle persists, and every later large credit of its group is a salary, whatever its amount: a
 * smaller income that ran beside a lost salary, such as a child benefit, does not hide the loss.
 *
 * All comparisons are between exact integers, so that no order of arrival changes a bit.
 */

/** A cycle remembers this many salaries: enough for a weekly one over 90 days and half a cycle (FEATURES asks for eight). */
export const SALARIES_KEPT = 16;
export const LOOK_BACK_DAYS = 400;
/** Successive credits tried at most: more than a weekly cycle has in 400 days. */
const LONGEST_RUN = 64;
const SHORTEST_RUN = 3;

export interface SalaryCycle {
  /** 0: no cycle found yet. */
  group: number;
  /** Median gap in days of the credits that it was last found from. */
  gapDays: number;
  /** Total and first date of the credits that it was last found from. */
  totalMinor: number;
  startDay: number;
  /** The latest salaries, oldest first; `count` of them hold. */
  count: number;
  readonly days: Float64Array;
  readonly amountsMinor: Float64Array;
}

/** Credits in order, with the index of the one before in the same group (-1: none). */
export interface Credits {
  count: number;
  day: Float64Array;
  amountMinor: Float64Array;
  group: Int32Array;
  large: Uint8Array;
  before: Int32Array;
}

export function emptyCycle(): SalaryCycle {
  return {
    group: 0,
    gapDays: 0,
    totalMinor: 0,
    startDay: 0,
    count: 0,
    days: new Float64Array(SALARIES_KEPT),
    amountsMinor: new Float64Array(SALARIES_KEPT),
  };
}

export function copyCycle(from: SalaryCycle, to: SalaryCycle): void {
  to.group = from.group;
  to.gapDays = from.gapDays;
  to.totalMinor = from.totalMinor;
  to.startDay = from.startDay;
  to.count = from.count;
  to.days.set(from.days);
  to.amountsMinor.set(from.amountsMinor);
}

/** At least 10 % of 30 x outflow / observed days, in exact integers; false where monthly outflow is unknown. */
export function isLarge(amountMinor: number, outflowMinor: number, observedDays: number): boolean {
  return observedDays >= 14 && amountMinor * observedDays >= 3 * outflowMinor;
}

const runAmounts = new Float64Array(LONGEST_RUN);
const runDays = new Float64Array(LONGEST_RUN);
const sorted = new Float64Array(LONGEST_RUN);

/** The step at credit `i`: outflowMinor and observedDays are those of the last 90 dates up to it. */
export function detectAt(
  cycle: SalaryCycle,
  credits: Credits,
  i: number,
  outflowMinor: number,
  observedDays: number,
): void {
  const group = credits.group[i]!;
  if (group === 0 || credits.large[i] === 0) return;
  const day = credits.day[i]!;
  const length = collectRun(credits, i, outflowMinor, observedDays);
  const found = longestValid(length);
  if (found >= SHORTEST_RUN && replaces(cycle, group, found, day)) {
    const isNew = cycle.group !== group;
    cycle.group = group;
    cycle.gapDays = gapOf(found);
    cycle.totalMinor = totalOf(found);
    cycle.startDay = runDays[found - 1]!;
    if (isNew) {
      rememberRun(cycle, found);
      return;
    }
  }
  if (cycle.group === group) remember(cycle, day, credits.amountMinor[i]!);
}

/** Fills runDays and runAmounts from credit i backwards; no valid run can reach over a pair of amounts further apart than 1.5. */
function collectRun(credits: Credits, i: number, outflowMinor: number, observedDays: number): number {
  const earliest = credits.day[i]! - LOOK_BACK_DAYS;
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  let length = 0;
  for (let k = i; k >= 0 && length < LONGEST_RUN && credits.day[k]! > earliest; k = credits.before[k]!) {
    const amount = credits.amountMinor[k]!;
    if (!isLarge(amount, outflowMinor, observedDays)) continue;
    least = Math.min(least, amount);
    most = Math.max(most, amount);
    if (2 * most > 3 * least) break;
    runDays[length] = credits.day[k]!;
    runAmounts[length] = amount;
    length++;
  }
  return length;
}

/** The largest number of collected credits, counted from the latest, that make a cycle; less than 3: none. */
function longestValid(length: number): number {
  for (let n = length; n >= SHORTEST_RUN; n--) {
    if (isCycleGap(gapOf(n)) && amountsAgree(n)) return n;
  }
  return 0;
}

function isCycleGap(gapDays: number): boolean {
  return (gapDays >= 6 && gapDays <= 8) || (gapDays >= 13 && gapDays <= 15) || (gapDays >= 27 && gapDays <= 34);
}

function amountsAgree(n: number): boolean {
  for (let i = 0; i < n; i++) insertSorted(i, runAmounts[i]!);
  const twiceMedian = sorted[(n - 1) >> 1]! + sorted[n >> 1]!;
  return (
    5 * Math.abs(2 * sorted[0]! - twiceMedian) <= twiceMedian &&
    5 * Math.abs(2 * sorted[n - 1]! - twiceMedian) <= twiceMedian
  );
}

function gapOf(n: number): number {
  const gaps = n - 1;
  for (let i = 0; i < gaps; i++) insertSorted(i, runDays[i]! - runDays[i + 1]!);
  return (sorted[(gaps - 1) >> 1]! + sorted[gaps >> 1]!) / 2;
}

function totalOf(n: number): number {
  let total = 0;
  for (let i = 0; i < n; i++) total += runAmounts[i]!;
  return total;
}

function insertSorted(held: number, value: number): void {
  let i = held;
  while (i > 0 && sorted[i - 1]! > value) {
    sorted[i] = sorted[i - 1]!;
    i--;
  }
  sorted[i] = value;
}

function replaces(cycle: SalaryCycle, group: number, found: number, day: number): boolean {
  if (cycle.group === 0 || cycle.group === group) return true;
  const lastSalary = cycle.days[cycle.count - 1]!;
  const start = runDays[found - 1]!;
  if (start > lastSalary && day - lastSalary > 1.5 * cycle.gapDays) return true;
  const total = totalOf(found);
  return total > cycle.totalMinor || (total === cycle.totalMinor && start < cycle.startDay);
}

function rememberRun(cycle: SalaryCycle, found: number): void {
  cycle.count = Math.min(found, SALARIES_KEPT);
  for (let i = 0; i < cycle.count; i++) {
    cycle.days[i] = runDays[cycle.count - 1 - i]!;
    cycle.amountsMinor[i] = runAmounts[cycle.count - 1 - i]!;
  }
}

function remember(cycle: SalaryCycle, day: number, amountMinor: number): void {
  if (cycle.count === SALARIES_KEPT) {
    cycle.days.copyWithin(0, 1);
    cycle.amountsMinor.copyWithin(0, 1);
    cycle.count--;
  }
  cycle.days[cycle.count] = day;
  cycle.amountsMinor[cycle.count] = amountMinor;
  cycle.count++;
}
