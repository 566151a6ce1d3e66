/**
 * From a record as fetched to what it says, or the reason why it cannot be processed (DESIGN section 6). Looks at nothing but
 * the record, so every instance and every replay judges it the same.
 */
import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { DeadLetter_Reason } from '../../gen/pde/events/v1/dead_letter_pb.ts';
import { partitionOf } from '../platform/kafka/partition.ts';
import type { IncomingRecord } from '../platform/kafka/port.ts';
import type { EventCodec } from '../platform/registry/codec.ts';
import type { TopicDefinition } from '../platform/topics/topics.ts';
import type { Reading } from './convert.ts';

/** The record's own fault. */
export interface Refusal {
  readonly kind: 'dead';
  readonly record: IncomingRecord;
  readonly reason: DeadLetter_Reason;
  /** The field, bound or check that failed, without personal data. */
  readonly detail: string;
}

export interface Accepted<T> {
  readonly kind: 'ok';
  readonly record: IncomingRecord;
  readonly value: T;
}

export type Checked<T> = Accepted<T> | Refusal;

/** How the values of one topic are read. */
export interface RecordReader<D extends DescMessage, T> {
  readonly codec: Pick<EventCodec, 'decode'>;
  readonly topic: TopicDefinition;
  readonly desc: D;
  read(message: MessageShape<D>, record: IncomingRecord): Reading<T>;
  customerIdOf(value: T): string;
}

/**
 * Judges one record that has a value.
 *
 * @throws what the codec throws where the registry, not the record, is at fault: retry
 */
export async function checkRecord<D extends DescMessage, T>(
  reader: RecordReader<D, T>,
  record: IncomingRecord,
): Promise<Checked<T>> {
  const { codec, topic, desc } = reader;
  if (record.value === null) return refuse(record, DeadLetter_Reason.NO_VALUE, 'the record has no value');
  if (record.value.length > topic.maxValueBytes) {
    return refuse(record, DeadLetter_Reason.TOO_LARGE, `the value is larger than ${topic.maxValueBytes} bytes`);
  }
  const decoded = await codec.decode(topic, desc, record.value);
  if (decoded.kind === 'dead') return refuse(record, decoded.reason, decoded.detail);
  const reading = reader.read(decoded.message, record);
  if (reading.kind === 'invalid') return refuse(record, DeadLetter_Reason.INVALID_VALUE, reading.detail);
  return (
    misplacement(topic, record, reader.customerIdOf(reading.value)) ?? { kind: 'ok', record, value: reading.value }
  );
}

/** Whether the key is the customer's and the partition the key's. */
export function misplacement(topic: TopicDefinition, record: IncomingRecord, customerId: string): Refusal | null {
  if (record.key === null || Buffer.compare(record.key, Buffer.from(customerId)) !== 0) {
    return refuse(record, DeadLetter_Reason.WRONG_KEY, "the key is not the message's customer_id");
  }
  const partition = partitionOf(record.key, topic.partitions);
  if (partition === record.partition) return null;
  const detail = `the key belongs on partition ${partition}, not ${record.partition}`;
  return refuse(record, DeadLetter_Reason.WRONG_PARTITION, detail);
}

export function refuse(record: IncomingRecord, reason: DeadLetter_Reason, detail: string): Refusal {
  return { kind: 'dead', record, reason, detail };
}
