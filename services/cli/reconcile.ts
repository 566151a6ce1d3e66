/**
 * The proof of I1, I2 and I5 from what each service says of itself and what the broker says of its logs: pure arithmetic over
 * positions, so that it can be tested without either.
 *
 * Checks, each with its own line in the answer:
 *  - of every gapless partition: next offset - first offset = accepted + duplicates + dead letters, and next offset = log end;
 *  - the rows stored are as many as the counters say;
 *  - triggered ledger rows = predictions of transactions + refused ones, as sets;
 *  - predictions that may be acted on = decisions, as sets;
 *  - every outbox is published to its end;
 *  - every id that the broker acknowledged to the bank's stream is in the ledger.
 * Sets are compared by count and by the sum modulo 2^64 of the ids' digests (StoredSet.id_digest), which adds over disjoint sets.
 */

export interface LogRange {
  readonly topic: string;
  readonly partition: number;
  readonly beginOffset: bigint;
  readonly endOffset: bigint;
}

export interface PartitionPosition {
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: bigint;
  readonly nextOffset: bigint;
  readonly accepted: bigint;
  readonly duplicates: bigint;
  readonly deadLetters: bigint;
  readonly gapless: boolean;
}

export interface StoredSet {
  readonly kind: string;
  readonly count: bigint;
  /** Null where the set carries none. */
  readonly idDigest: bigint | null;
}

export interface OutboxPosition {
  readonly topic: string;
  readonly shard: number;
  readonly lastPosition: bigint;
  readonly publishedPosition: bigint;
}

export interface ServicePosition {
  readonly service: string;
  readonly partitions: readonly PartitionPosition[];
  readonly stored: readonly StoredSet[];
  readonly outboxes: readonly OutboxPosition[];
}

/** Distinct transaction ids that the broker acknowledged to the bank's stream. */
export interface Acknowledged {
  readonly count: bigint;
  readonly idDigest: bigint;
}

export interface ReconcileInput {
  readonly logs: readonly LogRange[];
  readonly features: ServicePosition;
  readonly scoring: ServicePosition;
  readonly interventions: ServicePosition;
  /** Null where no stream of a bank was recorded (another feed produces). */
  readonly acknowledged: Acknowledged | null;
}

export interface Check {
  /** What it looks at: positions in streams and outboxes, or rows stored (only counted where asked to verify). */
  readonly kind: 'position' | 'stored';
  readonly name: string;
  readonly holds: boolean;
  /** The figures on both sides, for a reader. */
  readonly detail: string;
}

export interface Reconciliation {
  readonly reconciled: boolean;
  readonly checks: readonly Check[];
}

const MODULUS = 1n << 64n;

export function reconcile(input: ReconcileInput): Reconciliation {
  const services = [input.features, input.scoring, input.interventions];
  const checks = [
    ...services.flatMap((service) => partitionChecks(service, input.logs)),
    countCheck('ledger rows = accepted records', input.features, 'ledger', 'transactions-stream'),
    countCheck('decisions = accepted predictions', input.interventions, 'decisions', 'predictions-stream'),
    setCheck(
      'triggered transactions = their predictions',
      [storedSet(input.features, 'triggered')],
      [storedSet(input.scoring, 'predictions'), storedSet(input.scoring, 'refused')],
    ),
    setCheck(
      'predictions that may be acted on = decisions',
      [storedSet(input.scoring, 'predictions_acted_on')],
      [storedSet(input.interventions, 'decisions')],
    ),
    ...services.flatMap(outboxChecks),
    ...acknowledgedChecks(input),
  ];
  return { reconciled: checks.every((check) => check.holds), checks };
}

/** Sum over a service's partitions of one topic. */
export function totals(service: ServicePosition, topic: string) {
  const partitions = service.partitions.filter((partition) => partition.topic === topic);
  const sum = (field: 'accepted' | 'duplicates' | 'deadLetters') =>
    partitions.reduce((total, p) => total + p[field], 0n);
  return { accepted: sum('accepted'), duplicates: sum('duplicates'), deadLetters: sum('deadLetters') };
}

/** The named set, empty where the service has none. */
export function storedSet(service: ServicePosition, kind: string): StoredSet {
  return service.stored.find((set) => set.kind === kind) ?? { kind, count: 0n, idDigest: 0n };
}

function partitionChecks(service: ServicePosition, logs: readonly LogRange[]): Check[] {
  const gapless = service.partitions.filter((partition) => partition.gapless);
  const topics = new Set(gapless.map((partition) => partition.topic));
  const unread = logs.filter(
    (log) =>
      topics.has(log.topic) &&
      log.endOffset > log.beginOffset &&
      !gapless.some((p) => p.topic === log.topic && p.partition === log.partition),
  );
  return [
    ...unread.map((log) => ({
      kind: 'position' as const,
      name: `${service.service} has read ${log.topic}/${log.partition}`,
      holds: false,
      detail: `the log holds ${log.endOffset - log.beginOffset} records, none is read`,
    })),
    ...gapless.map((partition) => partitionCheck(service.service, partition, logs)),
  ];
}

function partitionCheck(service: string, partition: PartitionPosition, logs: readonly LogRange[]): Check {
  const log = logs.find((range) => range.topic === partition.topic && range.partition === partition.partition);
  const processed = partition.nextOffset - partition.firstOffset;
  const counted = partition.accepted + partition.duplicates + partition.deadLetters;
  return {
    kind: 'position',
    name: `${service} ${partition.topic}/${partition.partition}: nothing lost (I1)`,
    holds: log !== undefined && processed === counted && partition.nextOffset === log.endOffset,
    detail:
      `offsets ${partition.firstOffset}..${partition.nextOffset} = ${processed} records; ${partition.accepted} accepted + ` +
      `${partition.duplicates} duplicates + ${partition.deadLetters} dead letters = ${counted}; log end ${log?.endOffset ?? 'unknown'}`,
  };
}

function countCheck(name: string, service: ServicePosition, kind: string, topic: string): Check {
  const stored = storedSet(service, kind).count;
  const accepted = totals(service, topic).accepted;
  const expired = storedSet(service, 'expired').count;
  const gone = expired > 0n ? `, of them ${expired} in months that were dropped` : '';
  return { kind: 'stored', name, holds: stored === accepted, detail: `${stored} stored${gone}, ${accepted} accepted` };
}

function setCheck(name: string, left: readonly StoredSet[], right: readonly StoredSet[]): Check {
  const count = (sets: readonly StoredSet[]) => sets.reduce((total, set) => total + set.count, 0n);
  const digest = (sets: readonly StoredSet[]) =>
    sets.reduce((total, set) => (total + (set.idDigest ?? 0n)) % MODULUS, 0n);
  return {
    kind: 'stored',
    name,
    holds: count(left) === count(right) && digest(left) === digest(right),
    detail: `${count(left)} and ${count(right)} rows, digests ${digest(left).toString(16)} and ${digest(right).toString(16)}`,
  };
}

function outboxChecks(service: ServicePosition): Check[] {
  return service.outboxes.map((outbox) => ({
    kind: 'position',
    name: `${service.service} has published ${outbox.topic}, shard ${outbox.shard} (I5)`,
    holds: outbox.publishedPosition === outbox.lastPosition,
    detail: `published to ${outbox.publishedPosition} of ${outbox.lastPosition}`,
  }));
}

/**
 * Equal sets where the bank's stream is the only feed and nothing was dead-lettered. Else only counts can be compared: the ledger
 * may lack at most as many acknowledged ids as there are dead letters, and holds more where another feed produces too.
 */
function acknowledgedChecks(input: ReconcileInput): Check[] {
  if (input.acknowledged === null) return [];
  const ledger = storedSet(input.features, 'ledger');
  const { deadLetters } = totals(input.features, 'transactions-stream');
  const missing = input.acknowledged.count - ledger.count;
  const equal = missing === 0n && ledger.idDigest === input.acknowledged.idDigest;
  const byCount = missing < 0n || (deadLetters > 0n && missing <= deadLetters);
  const compared = equal ? 'sets equal' : byCount ? 'counts compared: another feed or dead letters' : 'sets differ';
  return [
    {
      kind: 'stored',
      name: 'every acknowledged id is in the ledger or in dead letters (I1)',
      holds: equal || byCount,
      detail: `${input.acknowledged.count} acknowledged, ${ledger.count} in the ledger, ${deadLetters} dead letters; ${compared}`,
    },
  ];
}
