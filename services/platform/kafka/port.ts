/**
 * The small port that services see of Kafka. kafkajs stands behind it and can be replaced without touching a service.
 * Offsets live in Postgres (I3): the port never commits to Kafka, it only fetches, hands over and seeks.
 */

/** A record to send. The partition is chosen once, by the caller, from the key (see partitionOf). */
export interface OutgoingRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: Uint8Array | null;
  /** Null is a tombstone. */
  readonly value: Uint8Array | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where an acknowledged record lies. */
export interface Acknowledgement {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the batch's first record of that partition. */
  readonly baseOffset: bigint;
  readonly records: number;
}

export interface EventProducer {
  /**
   * Sends, one batch in flight per partition, resent in order until acknowledged by all in-sync replicas; resolves when every
   * (topic, partition) sent has its metadata with error code 0. At-least-once: a resend may add a record.
   * Rejects when the signal aborts or on an error that no resend mends (authorization, record too large).
   */
  send(records: readonly OutgoingRecord[], signal?: AbortSignal): Promise<readonly Acknowledgement[]>;
  close(): Promise<void>;
}

/** A record as fetched. */
export interface IncomingRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** LogAppendTime, milliseconds since the epoch. */
  readonly appendMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Consecutive records of one partition, under one ownership of it. */
export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  /** The epoch claimed for this ownership; the conditional move of the offset names it (I3). */
  readonly epoch: bigint;
  /** Offset that the stored position must have for this batch to move it. */
  readonly firstOffset: bigint;
  /** Offset that the stored position has after this batch. */
  readonly nextOffset: bigint;
  readonly records: readonly IncomingRecord[];
  /** When the batch was handed over, milliseconds since the epoch. */
  readonly handedOverMs: number;
  /** How often it was handed over under this ownership, from 1. */
  readonly attempt: number;
}

/** Where ownership and positions are kept: Postgres, in the service's own schema. */
export interface PositionStore {
  /** Claims the partitions for this owner: raises each epoch and answers it with the offset to process next (null: never processed). */
  claim(topic: string, partitions: readonly number[]): Promise<readonly ClaimedPartition[]>;
  /** Writes the first offset of a partition that was never processed, under its epoch. */
  begin(topic: string, partition: number, epoch: bigint, firstOffset: bigint): Promise<void>;
}

export interface ClaimedPartition {
  readonly partition: number;
  readonly epoch: bigint;
  readonly nextOffset: bigint | null;
}

/** Thrown by a batch handler when the offset did not move because another owner holds the partition (I3). */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}

export interface ConsumerHandlers {
  /**
   * Processes one batch and moves the stored offset in the transaction of its effect. Batches of one partition come one at a
   * time and in order; of several partitions concurrently. A FencedError drops the ownership; any other error is retried with
   * backoff and jitter, the partition paused meanwhile. The signal aborts when the ownership ends, or the grace of close().
   *
   * @param proceed call it when the next batch of the partition may be handed over although this one has not ended (it is
   *   being committed, say): at most two are then under way. Should this one fail, the next one's signal aborts, both are
   *   waited for, and both are handed over again in order. Not calling it is always right.
   */
  onBatch(batch: PartitionBatch, signal: AbortSignal, proceed: () => void): Promise<void>;
  /** The partition is no longer this instance's: forget what memory holds of its customers. */
  onRevoked?(topic: string, partition: number): void;
}

export interface EventConsumer {
  /** Null while consuming; else why it is not, for liveness. */
  health(): string | null;
  /** Positions as processed, for lag. */
  lag(): Promise<
    readonly {
      readonly topic: string;
      readonly partition: number;
      readonly lag: bigint;
      readonly oldestUnreadMs: number | null;
    }[]
  >;
  /** Stops intake, waits for what is in flight, leaves the group. */
  close(): Promise<void>;
}
