/**
 * From a record as fetched to a valid transaction, or the reason why it is none (DESIGN section 6). Looks at nothing but the
 * record, so every instance and every replay judges it the same.
 */
import { DeadLetter_Reason } from '../../gen/pde/events/v1/dead_letter_pb.ts';
import { type Transaction, TransactionSchema } from '../../gen/pde/events/v1/transaction_pb.ts';
import { partitionOf } from '../platform/kafka/partition.ts';
import type { IncomingRecord } from '../platform/kafka/port.ts';
import type { Decoded, EventCodec } from '../platform/registry/codec.ts';
import type { TopicDefinition } from '../platform/topics/topics.ts';
import { contentSha256 } from './content-digest.ts';
import { toLedgerRow, toMode } from './convert.ts';
import type { PlacedRecord } from './plan.ts';
import { transactionFault } from './validate.ts';

export type Checked =
  | { readonly kind: 'valid'; readonly record: PlacedRecord }
  | { readonly kind: 'dead'; readonly reason: DeadLetter_Reason; readonly detail: string };

/** When a measured record was due to be sent: unix microseconds, decimal. */
const SCHEDULED_SEND_HEADER = 'pde-scheduled-send-us';

/**
 * Judges one record: at once, or once the registry has told what its schema is.
 *
 * @throws what the codec throws where the registry, not the record, is at fault: retry
 */
export function checkRecord(
  codec: Pick<EventCodec, 'decode'>,
  topic: TopicDefinition,
  record: IncomingRecord,
): Checked | Promise<Checked> {
  if (record.value === null) return dead(DeadLetter_Reason.NO_VALUE, 'the record has no value');
  if (record.value.length > topic.maxValueBytes) {
    return dead(DeadLetter_Reason.TOO_LARGE, `the value is larger than ${topic.maxValueBytes} bytes`);
  }
  const decoded = codec.decode(topic, TransactionSchema, record.value);
  if (decoded instanceof Promise) return decoded.then((told) => checkDecoded(topic, record, told));
  return checkDecoded(topic, record, decoded);
}

function checkDecoded(topic: TopicDefinition, record: IncomingRecord, decoded: Decoded<Transaction>): Checked {
  if (decoded.kind === 'dead') return dead(decoded.reason, decoded.detail);
  const { message } = decoded;
  const fault = transactionFault(message, record.appendMs);
  if (fault !== null) return dead(DeadLetter_Reason.INVALID_VALUE, fault);
  return misplacement(topic, record, message.customerId) ?? { kind: 'valid', record: place(record, message) };
}

/** Whether the key and the partition are the customer's. */
export function misplacement(
  topic: TopicDefinition,
  record: IncomingRecord,
  customerId: string,
): (Checked & { kind: 'dead' }) | null {
  if (record.key === null || Buffer.compare(record.key, Buffer.from(customerId)) !== 0) {
    return dead(DeadLetter_Reason.WRONG_KEY, "the key is not the message's customer_id");
  }
  const partition = partitionOf(record.key, topic.partitions);
  if (partition === record.partition) return null;
  return dead(DeadLetter_Reason.WRONG_PARTITION, `the key belongs on partition ${partition}, not ${record.partition}`);
}

function place(record: IncomingRecord, message: Transaction): PlacedRecord {
  const row = toLedgerRow(message);
  return {
    customerId: message.customerId,
    currency: message.currency,
    mode: toMode(message),
    contentSha256: contentSha256(message.currency, row),
    row,
    offset: record.offset,
    appendMs: record.appendMs,
    scheduledSendUs: scheduledSendUs(record.headers[SCHEDULED_SEND_HEADER]),
  };
}

/** Null where the header is absent or is not a time: a measurement never makes a dead letter. */
function scheduledSendUs(header: string | undefined): bigint | null {
  return header !== undefined && /^\d{1,18}$/.test(header) ? BigInt(header) : null;
}

function dead(reason: DeadLetter_Reason, detail: string): Checked & { kind: 'dead' } {
  return { kind: 'dead', reason, detail };
}
