/** Records of one partition that were fetched and not yet handed over: bounded by count and by bytes, whichever is reached first. */
import type { IncomingRecord } from './port.ts';

export interface RecordQueue {
  /** Records waiting. */
  readonly length: number;
  /** True from the moment a bound is reached until less than half of both is used. */
  readonly full: boolean;
  readonly head: IncomingRecord | undefined;
  push(records: readonly IncomingRecord[]): void;
  /** Takes the oldest: at most `maxRecords`, and no more than `maxBytes` unless the first alone is larger. */
  take(maxRecords: number, maxBytes: number): IncomingRecord[];
}

/** What is pushed is always accepted, so it can exceed a bound by one push; `full` then tells the fetcher to stop. */
export function createRecordQueue(maxRecords: number, maxBytes: number): RecordQueue {
  // Taken from the front by index, compacted now and then: shift() on a long array copies it each time.
  let records: IncomingRecord[] = [];
  let start = 0;
  let bytes = 0;
  let full = false;

  const length = () => records.length - start;
  const measure = () => {
    if (length() >= maxRecords || bytes >= maxBytes) full = true;
    else if (length() * 2 < maxRecords && bytes * 2 < maxBytes) full = false;
  };

  return {
    get length() {
      return length();
    },
    get full() {
      return full;
    },
    get head() {
      return records[start];
    },
    push(more) {
      for (const record of more) {
        records.push(record);
        bytes += bytesOf(record);
      }
      measure();
    },
    take(atMostRecords, atMostBytes) {
      const end = endOf(records, start, atMostRecords, atMostBytes);
      const taken = records.slice(start, end);
      for (const record of taken) bytes -= bytesOf(record);
      start = end;
      if (start * 2 >= records.length) {
        records = records.slice(start);
        start = 0;
      }
      measure();
      return taken;
    },
  };
}

function endOf(records: readonly IncomingRecord[], start: number, maxRecords: number, maxBytes: number): number {
  let bytes = 0;
  let end = start;
  for (; end < records.length && end - start < maxRecords; end++) {
    bytes += bytesOf(records[end]!);
    if (bytes > maxBytes && end > start) break;
  }
  return end;
}

/** Size of a record in memory, roughly. */
export function bytesOf(record: IncomingRecord): number {
  return (record.key?.length ?? 0) + (record.value?.length ?? 0) + 200;
}
