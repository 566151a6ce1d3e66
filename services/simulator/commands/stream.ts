import type { Mode } from '../../domain/bank/transaction.ts';
import { readConfig } from '../../platform/config/env.ts';
import { createKafka } from '../../platform/kafka/kafka.ts';
import type { Log } from '../../platform/kafka/log.ts';
import { createProducer } from '../../platform/kafka/producer.ts';
import { armCrashPoint } from '../../platform/lifecycle/crash-point.ts';
import { type RetryPolicy, retry } from '../../platform/lifecycle/retry.ts';
import type { Pool, Queryable } from '../../platform/postgres/pool.ts';
import { createEventCodec } from '../../platform/registry/codec.ts';
import { createRegistry, RegistryUnavailableError } from '../../platform/registry/registry.ts';
import type { Command, CommandResult, Flags } from '../arguments.ts';
import { readStreamSettings, type StreamSettings } from '../config.ts';
import { pickBank } from '../pick-bank.ts';
import { createProgress } from '../progress.ts';
import { stderrLog } from '../stderr-log.ts';
import type { BankFacts } from '../store/bank-rows.ts';
import { acknowledgedIds, type Checkpoint, openCheckpoint, retireCheckpoint } from '../store/checkpoints.ts';
import { openBank } from '../store/open.ts';
import { sequenceAt } from '../store/read-page.ts';
import { eventTime, fixedRate, type Pace, unpaced } from '../stream/pace.ts';
import { patient } from '../stream/patient.ts';
import { runStream, type StreamCounts } from '../stream/run-stream.ts';
import { createSender, type Sender } from '../stream/sender.ts';
import { UsageError } from '../usage-error.ts';

export const streamCommand: Command = {
  name: 'stream',
  about: 'send a bank to transactions-stream and customer-updates, from its checkpoint on',
  flags: [
    { name: 'bank', about: 'id of the bank (default: the only one)', value: 'ID' },
    { name: 'batch-size', about: 'transactions sent together (default 500)', value: 'N' },
    { name: 'delay-ms', about: 'pause between batches (default 0)', value: 'MS' },
    { name: 'total', about: 'at most so many transactions in this run', value: 'N' },
    { name: 'speed-up', about: "follow the bookings' own time, so many times as fast", value: 'X' },
    { name: 'rate', about: 'transactions a second, waiting for no acknowledgement', value: 'TPS' },
    { name: 'measure', about: 'with --rate: put the scheduled send on each record', value: null },
    { name: 'from', about: 'begin with the first booked at or after this time (a stream of its own)', value: 'TIME' },
    { name: 'to', about: 'end before the first booked at or after this time', value: 'TIME' },
    { name: 'restart', about: 'put the checkpoint aside and send from the beginning', value: null },
    { name: 'live', about: 'as of the present (default: a replay, in which nothing is delivered)', value: null },
  ],
  async run(flags: Flags) {
    const wanted = readWanted(flags);
    const settings = readConfig(process.env, readStreamSettings);
    armCrashPoint(settings.crashPoint);
    const pool = openBank(settings.postgresUrl);
    try {
      const bank = await pickBank(pool, flags.text('bank'));
      const checkpoint = await openStream(pool, bank, wanted);
      const log = stderrLog(settings.logLevel);
      const counts = await withSender(settings, log, bank, wanted.mode, (sender) =>
        sendAll(patient(pool, log), settings, bank, checkpoint, wanted, sender),
      );
      return await resultOf(pool, bank, checkpoint, wanted, counts);
    } finally {
      await pool.close();
    }
  },
};

const EXIT_SECOND_SIGNAL = 130;
/** As a service that outlasts its grace. */
const EXIT_UNFINISHED = 70;

interface Wanted {
  readonly mode: Mode;
  readonly batchSize: number;
  readonly delayMs: number;
  readonly total: number;
  readonly speedUp: number | null;
  readonly rate: number | null;
  readonly measure: boolean;
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly restart: boolean;
}

function readWanted(flags: Flags): Wanted {
  const rate = flags.optionalNumber('rate', { min: 0.01, max: 1_000_000 });
  const speedUp = flags.optionalNumber('speed-up', { min: 0.001, max: 1e12 });
  const delayMs = flags.integer('delay-ms', { min: 0, max: 3_600_000, default: 0 });
  if ([rate !== null, speedUp !== null, delayMs > 0].filter(Boolean).length > 1) {
    throw new UsageError('--rate, --speed-up and --delay-ms exclude one another');
  }
  const measure = flags.isSet('measure');
  if (measure && rate === null) throw new UsageError('--measure needs --rate');
  const [fromMs, toMs] = [flags.time('from'), flags.time('to')];
  if (fromMs !== null && toMs !== null && fromMs >= toMs) throw new UsageError('--from is not before --to');
  return {
    mode: flags.isSet('live') ? 'live' : 'replay',
    batchSize: flags.integer('batch-size', { min: 1, max: 10_000, default: 500 }),
    delayMs,
    total: flags.optionalInteger('total', { min: 0, max: Number.MAX_SAFE_INTEGER }) ?? Number.MAX_SAFE_INTEGER,
    speedUp,
    rate,
    measure,
    fromMs,
    toMs,
    restart: flags.isSet('restart'),
  };
}

async function openStream(pool: Pool, bank: BankFacts, wanted: Wanted): Promise<Checkpoint> {
  const { bankId } = bank;
  const stream = nameOf(wanted);
  if (wanted.restart) await retireCheckpoint(pool, bankId, stream);
  const firstSequence = wanted.fromMs === null ? 0 : await sequenceAt(pool, bankId, wanted.fromMs);
  const endSequence = wanted.toMs === null ? bank.transactions : await sequenceAt(pool, bankId, wanted.toMs);
  return await openCheckpoint(pool, { bankId, stream, mode: wanted.mode, firstSequence, endSequence });
}

/** Each pair of bounds is a stream with a checkpoint of its own. */
function nameOf({ fromMs, toMs }: Wanted): string {
  const iso = (ms: number | null): string => (ms === null ? '' : new Date(ms).toISOString());
  return fromMs === null && toMs === null ? 'all' : `${iso(fromMs)}..${iso(toMs)}`;
}

async function withSender<T>(
  settings: StreamSettings,
  log: Log,
  bank: BankFacts,
  mode: Mode,
  use: (sender: Sender) => Promise<T>,
): Promise<T> {
  const { brokers, username, password } = settings.kafka;
  const kafka = createKafka({ brokers: brokers.join(','), username, password, clientId: 'pde-simulator', log });
  const producer = createProducer(kafka);
  try {
    const codec = createEventCodec({ registry: createRegistry({ url: settings.registryUrl }) });
    const sender = () => createSender({ producer, codec, currency: bank.currency, mode });
    return await use(await retry(untilRegistryAnswers(log), new AbortController().signal, sender));
  } finally {
    await producer.close();
    await kafka.close();
  }
}

/** A registry that is away, or is being deployed, is waited for. */
function untilRegistryAnswers(log: Log): RetryPolicy {
  return {
    initialDelayMs: 100,
    maxDelayMs: 2_000,
    deadlineMs: 60_000,
    isTransient: (cause) => cause instanceof RegistryUnavailableError,
    onRetry: (cause, tries) => log.warn({ event: 'registry-retried', tries, cause }),
  };
}

async function sendAll(
  db: Queryable,
  { graceMs }: StreamSettings,
  bank: BankFacts,
  checkpoint: Checkpoint,
  wanted: Wanted,
  sender: Sender,
): Promise<StreamCounts> {
  const progress = createProgress();
  const startedMs = performance.now();
  const aim = Math.min(wanted.total, checkpoint.endSequence - checkpoint.nextSequence);
  const line = (c: StreamCounts): string => {
    const perSecond = c.acknowledged / Math.max(0.001, (performance.now() - startedMs) / 1000);
    return `${c.acknowledged} of ${aim} transactions and ${c.profiles} profiles acknowledged, ${perSecond.toFixed(0)}/s`;
  };
  const counts = await untilStopped(graceMs, (stop) =>
    runStream({
      db,
      sender,
      checkpoint,
      bankTransactions: bank.transactions,
      batchSize: wanted.batchSize,
      total: wanted.total,
      pace: paceOf(wanted, startedMs),
      openLoop: wanted.rate !== null,
      measure: wanted.measure,
      stop,
      onProgress: (c) => progress.show(line(c)),
    }),
  );
  progress.end(line(counts));
  return counts;
}

function paceOf({ rate, speedUp, delayMs }: Wanted, startMs: number): Pace {
  if (rate !== null) return fixedRate(rate, startMs);
  return speedUp === null ? unpaced(delayMs) : eventTime(speedUp, startMs);
}

/**
 * SIGTERM and SIGINT stop it after the batch in flight; a second one ends the process at once. So does the end of the grace, where
 * the broker acknowledges nothing: what is in flight then is not behind the checkpoint, and is sent again.
 */
async function untilStopped<T>(graceMs: number, work: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(EXIT_SECOND_SIGNAL);
    stop.abort();
    setTimeout(() => {
      process.stderr.write(`what is in flight was not acknowledged within ${graceMs} ms; it is sent again\n`);
      process.exit(EXIT_UNFINISHED);
    }, graceMs).unref();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  try {
    return await work(stop.signal);
  } finally {
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
  }
}

async function resultOf(
  pool: Pool,
  bank: BankFacts,
  checkpoint: Checkpoint,
  wanted: Wanted,
  counts: StreamCounts,
): Promise<CommandResult> {
  const { count, idDigest } = await acknowledgedIds(pool, bank.bankId);
  const next = checkpoint.nextSequence + counts.acknowledged;
  const complete = next >= checkpoint.endSequence;
  return {
    json: {
      bank_id: bank.bankId,
      stream: checkpoint.stream,
      mode: wanted.mode,
      sent: counts.sent,
      acknowledged: counts.acknowledged,
      profiles: counts.profiles,
      resumed_from: checkpoint.nextSequence,
      next_sequence: next,
      end_sequence: checkpoint.endSequence,
      complete,
      acknowledged_ids: count,
      acknowledged_digest: idDigest,
    },
    summary: `${counts.acknowledged} transactions and ${counts.profiles} profiles acknowledged; the stream stands at ${next} of ${checkpoint.endSequence}`,
  };
}
