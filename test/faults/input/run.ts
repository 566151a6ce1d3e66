/** The experiment: the same bank streamed without and with the corpus in it, and the verdict on both. */
import { setTimeout } from 'node:timers/promises';
import type { BankChoice } from '../../../services/cli/bank.ts';
import { type ReconcileInput, reconcile, totals } from '../../../services/cli/reconcile.ts';
import type { Stack } from '../../../services/stack/stack.ts';
import { differences, type RunningRun, type RunOptions, runEngine, type StoredRows } from '../../support/engine-run.ts';
import { readLog } from '../published.ts';
import { CORPUS_CUSTOMER, corpusOf, isBad } from './corpus.ts';
import { type Found, findAll } from './found.ts';
import { type Memory, memoryOf, watchLiveness } from './health.ts';
import { breakStore, type Replayed, replayMended } from './replay.ts';
import { prepareSchemas } from './schemas.ts';
import { createSender, type Placed } from './send.ts';
import type { TopicName } from './sent.ts';
import { judgeCorpus, type Verdict, type WayVerdict } from './verdict.ts';
import { bookedAgain, type Seen, saidAgain } from './ways-of-predictions.ts';

export interface InputOptions {
  readonly stack: Stack;
  readonly bank: BankChoice;
  readonly seed: number;
  /** Records that are wrong, at least. */
  readonly bad: number;
  /** Groups of records at most, chosen by the seed; null: every way, and every byte. */
  readonly groups: number | null;
  /** Of the bank, transactions a second; 0 streams flat out. */
  readonly rate: number;
  readonly say: (line: string) => void;
}

export interface InputResult extends Verdict {
  /** Records of the corpus. */
  readonly tried: number;
  /** Of those, how many must become dead letters. */
  readonly bad: number;
  readonly good_transactions: number;
  readonly ways: Readonly<Record<string, WayVerdict>>;
  readonly replay: Replayed;
  readonly restarts: Readonly<Record<string, number>>;
  readonly unwell: Readonly<Record<string, number>>;
  /** Megabytes as half of the bank is processed and at the end, with the corpus and without. */
  readonly memory_mb: { readonly with: MemorySpan; readonly without: MemorySpan; readonly bound: number };
}

export interface MemorySpan {
  readonly before: Memory;
  readonly after: Memory;
}

/**
 * By how much more memory may grow in the second half with the corpus than without: what large records take once is taken in the
 * first, and what is left is the breath of two heaps. A leak of what is refused would hold all of the corpus, and grow with it.
 */
const GROWTH_BOUND_MB = 96;
/** Good records of each partition that are said again otherwise. */
const SEEN_PER_PARTITION = 4;
/** Findings that are told on the way. */
const SAID = 20;
const WARM_SHARE = 0.1;
const POLL_MS = 100;
/** So that there is a bound on age to be beyond of; the bank is younger. */
const SETTINGS = { features: { PDE_FEATURES_RETENTION_DAYS: '3650' } };

export async function tryInput(o: InputOptions): Promise<InputResult> {
  o.say('the bank alone, to compare with');
  const measured: { before?: Memory; after?: Memory } = {};
  const base = await runEngine(o.stack, {
    ...common(o),
    disturb: async (run) => {
      measured.before = await memoryAtHalf(run);
    },
    inspect: async (run) => {
      measured.after = memoryOf(run);
    },
  });
  const again = Object.entries(base.restarts).filter(([, count]) => count > 0);
  // Nothing can be compared with a run that fails by itself: the machine is too busy for it.
  if (again.length > 0) throw new Error(`the bank alone had services started again: ${again.join(', ')}`);
  o.say(`${base.stored.ledger.length} ledger rows, ${base.stored.predictions.length} predictions`);
  return await tryWith(o, base.stored, measured as MemorySpan);
}

async function tryWith(o: InputOptions, base: StoredRows, without: MemorySpan): Promise<InputResult> {
  const seen: Partial<Observed> = {};
  const outcome = await runEngine(o.stack, {
    ...common(o),
    disturb: async (run) => {
      Object.assign(seen, await disturb(o, run));
    },
    inspect: async (run) => {
      Object.assign(seen, await inspect(o, run, seen.placed ?? []));
    },
  });
  const { placed, corpus, replay, unwell, memoryBefore, memory, checks, transactions } = seen as Observed;
  const memoryMb = { with: { before: memoryBefore, after: memory }, without, bound: GROWTH_BOUND_MB };
  const unlike = differences(base, withoutCorpus(outcome.stored));
  const wrong = [
    ...unlike.map((one) => `good traffic: ${one}`),
    ...[...failed(outcome.reconciliation), ...checks].map((one) => `does not hold: ${one}`),
    ...Object.entries(outcome.restarts).flatMap(([name, n]) => (n > 0 ? [`${name} was started again ${n} times`] : [])),
    ...Object.entries(unwell).map(([name, n]) => `${name} was not alive ${n} times`),
    ...beyondBound(memoryMb),
  ].map((one) => `wrong: ${one}`);
  return {
    tried: placed.length,
    bad: placed.filter(isBad).length,
    good_transactions: transactions,
    missing: corpus.missing + replay.missing,
    wrong: corpus.wrong + replay.wrong + wrong.length,
    findings: [...corpus.findings, ...replay.findings.map((one) => `after replay: ${one}`), ...wrong],
    ways: corpus.ways,
    replay,
    restarts: outcome.restarts,
    unwell,
    memory_mb: memoryMb,
  };
}

/** What a run with the corpus shows on its way. */
interface Observed {
  readonly placed: readonly Placed[];
  readonly memoryBefore: Memory;
  readonly unwell: Readonly<Record<string, number>>;
  readonly corpus: ReturnType<typeof judgeCorpus>;
  readonly memory: Memory;
  readonly replay: Replayed;
  /** Checks of the reconciliation that do not hold after the replays. */
  readonly checks: readonly string[];
  readonly transactions: number;
}

/** Sends the corpus while the bank streams. */
async function disturb(o: InputOptions, run: RunningRun): Promise<Partial<Observed>> {
  await breakStore(run);
  const { seed, bad, groups } = o;
  const schemas = await prepareSchemas(run.stack);
  const corpus = corpusOf({ seed, bad, groups, schemas, nowMs: Date.now() });
  const watch = watchLiveness(run);
  const sender = createSender(run);
  const half = memoryAtHalf(run);
  half.catch(() => undefined);
  try {
    await processed(run, WARM_SHARE);
    const again = await saidBefore(run);
    const records = [...corpus, ...again];
    o.say(`${records.length} records of the corpus, ${records.filter(isBad).length} of them bad, among the bank's`);
    const placed = await sender.sendMixed(records);
    await run.streaming;
    await run.drained();
    return { placed, memoryBefore: await half, unwell: watch.unwell };
  } finally {
    await watch.stop();
    await sender.close();
  }
}

/** Judges what became of it, then mends and replays. */
async function inspect(o: InputOptions, run: RunningRun, placed: readonly Placed[]): Promise<Partial<Observed>> {
  const memory = memoryOf(run);
  const found: Found = await findAll(run);
  const before = await run.observer.look(true);
  const repeats: Partial<Record<TopicName, number>> = {
    'transactions-stream': Number(totals(before.features, 'transactions-stream').duplicates),
    'predictions-stream': Number(totals(before.interventions, 'predictions-stream').duplicates),
  };
  const corpus = judgeCorpus(placed, found, repeats);
  o.say(
    `${found.letters.length} dead letters; missing ${corpus.missing}, wrong ${corpus.wrong}; now mended and replayed`,
  );
  for (const finding of corpus.findings.slice(0, SAID)) o.say(`    ${finding.slice(0, 300)}`);
  const replay = await replayMended(run, placed, found);
  const checks = failed(reconcile(await run.observer.look(true)));
  return { memory, corpus, replay, checks, transactions: run.transactions };
}

async function memoryAtHalf(run: RunningRun): Promise<Memory> {
  await processed(run, 0.5);
  return memoryOf(run);
}

/** Resolves when so much of the bank is in the ledger. */
async function processed(run: RunningRun, share: number): Promise<void> {
  await until(run, ({ features }) => {
    const { accepted } = totals(features, 'transactions-stream');
    return Number(accepted) >= run.transactions * share;
  });
}

async function until({ observer }: RunningRun, holds: (input: ReconcileInput) => boolean): Promise<void> {
  while (!holds(await observer.look(false))) await setTimeout(POLL_MS);
}

/** Some of the good traffic, said again otherwise, once it has been processed. */
async function saidBefore(run: RunningRun) {
  const [transactions, predictions] = [
    await firstOf(run, 'transactions-stream'),
    await firstOf(run, 'predictions-stream'),
  ];
  await until(run, ({ features, interventions }) =>
    [...features.partitions, ...interventions.partitions].every(
      ({ gapless, nextOffset }) => !gapless || nextOffset > SEEN_PER_PARTITION,
    ),
  );
  return [...bookedAgain(transactions), ...saidAgain(predictions)];
}

async function firstOf({ stack }: RunningRun, topic: TopicName): Promise<Seen[]> {
  const seen: Seen[] = [];
  await readLog(stack, topic, ({ offset, key, value }) => {
    if (offset < SEEN_PER_PARTITION && key !== null && value !== null) seen.push({ key, value });
  });
  return seen;
}

function common({ bank, rate }: InputOptions): RunOptions {
  const streamFlags = ['--batch-size', '100', ...(rate > 0 ? ['--rate', `${rate}`] : [])];
  return { bank, settings: SETTINGS, streamFlags };
}

/** Rows of the bank's customers alone. */
function withoutCorpus(stored: StoredRows): StoredRows {
  const isBank = (row: string) => {
    const { customer_id: customerId } = JSON.parse(row) as { customer_id: string };
    return !customerId.startsWith(CORPUS_CUSTOMER);
  };
  const { ledger, predictions, decisions, interventions } = stored;
  return {
    ledger: ledger.filter(isBank),
    predictions: predictions.filter(isBank),
    decisions: decisions.filter(isBank),
    interventions: interventions.filter(isBank),
  };
}

function failed({ checks }: ReturnType<typeof reconcile>): string[] {
  return checks.filter(({ holds }) => !holds).map(({ name, detail }) => `${name}: ${detail}`);
}

function beyondBound({ with: one, without: other, bound }: InputResult['memory_mb']): string[] {
  return (['features', 'interventions'] as const).flatMap((service) => {
    const growth = one.after[service] - one.before[service];
    const usual = other.after[service] - other.before[service];
    if (growth - usual <= bound) return [];
    return [`memory of ${service} grew by ${growth} MB, where it grows by ${usual} MB without the corpus`];
  });
}
