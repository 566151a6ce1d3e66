/** Starting a kafkajs consumer, and speaking to one that may be between two runs. */
import type { Consumer, EachBatchHandler } from 'kafkajs';
import { DEFAULT_BACKOFF, delayMs, pause } from './backoff.ts';
import { isRetriable } from './errors.ts';
import type { KafkaConnection } from './kafka.ts';

export interface StartOptions {
  readonly kafka: KafkaConnection;
  readonly consumer: Consumer;
  readonly topic: string;
  readonly eachBatch: EachBatchHandler;
  readonly signal: AbortSignal;
  /** Told of what no retry mends: a wrong password, a denied topic, a broker that no longer speaks our protocol. */
  readonly onFatal: (cause: unknown) => void;
}

/** Connects, subscribes and joins; waits for a broker that is away until the signal aborts. */
export async function startConsuming(o: StartOptions): Promise<void> {
  for (let attempt = 1; !o.signal.aborted; attempt++) {
    try {
      await o.kafka.compatible();
      await o.consumer.connect();
      // From the beginning: an offset that is out of range must never be reset to the log's end.
      await o.consumer.subscribe({ topic: o.topic, fromBeginning: true });
      await o.consumer.run({ autoCommit: false, eachBatch: o.eachBatch });
      return;
    } catch (cause) {
      if (!isRetriable(cause)) {
        o.onFatal(cause);
        return;
      }
      o.kafka.log.warn({ event: 'consumer-start-retried', topic: o.topic, attempt, cause });
      await pause(delayMs(DEFAULT_BACKOFF, attempt), o.signal);
    }
  }
}

/** How long a broker that does not answer is waited for when leaving; it forgets who is gone by itself. */
export const LEAVE_WITHIN_MS = 2_000;

/** Pausing, seeking and resuming throw while kafkajs is between two runs of a consumer; the next join does them again. */
export function ifRunning(act: () => void): void {
  try {
    act();
  } catch (cause) {
    if (!(cause instanceof Error && cause.name === 'KafkaJSNonRetriableError')) throw cause;
  }
}
