/** What is told from a stored position, the log's range and a worker, without any I/O. */
import type { LogRange } from './kafka.ts';
import type { PartitionWorker } from './partition-worker.ts';
import type { ClaimedPartition } from './port.ts';

/** True if nobody else claimed the partition or moved its offset since this process owned it: what memory holds still counts. */
export function isUntouched(before: PartitionWorker, claimed: ClaimedPartition): boolean {
  return claimed.epoch === before.epoch + 1n && claimed.nextOffset === before.position;
}

/** Why the log cannot give what comes next, or null if it can. */
export function lossOf(nextOffset: bigint, range: LogRange, gapless: boolean): string | null {
  if (gapless && nextOffset < range.beginOffset) {
    return `data loss: offset ${nextOffset} is next, but the log begins at ${range.beginOffset}`;
  }
  if (nextOffset > range.endOffset) {
    return `data loss: offset ${nextOffset} is next, but the log ends at ${range.endOffset}`;
  }
  return null;
}

/** How far a worker's position is from the log's end. */
export function lagOf(topic: string, worker: PartitionWorker, ranges: readonly LogRange[]) {
  const end = ranges.find((range) => range.partition === worker.partition)?.endOffset ?? worker.position;
  const lag = end > worker.position ? end - worker.position : 0n;
  return { topic, partition: worker.partition, lag, oldestUnreadMs: worker.oldestUnreadMs };
}
