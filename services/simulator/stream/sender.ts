import { CustomerProfileSchema } from '../../../gen/pde/events/v1/customer_profile_pb.ts';
import { TransactionSchema } from '../../../gen/pde/events/v1/transaction_pb.ts';
import { Topic } from '../../../gen/pde/topics/v1/topics_pb.ts';
import type { Mode } from '../../domain/bank/transaction.ts';
import { partitionOf } from '../../platform/kafka/partition.ts';
import type { EventProducer, OutgoingRecord } from '../../platform/kafka/port.ts';
import type { EventCodec } from '../../platform/registry/codec.ts';
import { topicOf } from '../../platform/topics/topics.ts';
import { toCustomerProfile, toTransaction } from '../convert.ts';
import type { BankProfile, BankTransaction } from '../store/bank-rows.ts';

/** Puts a bank's rows on their topics. */
export interface Sender {
  /** Resolves when all are acknowledged. */
  profiles(profiles: readonly BankProfile[], signal: AbortSignal): Promise<void>;
  /**
   * Resolves when all are acknowledged.
   *
   * @param scheduledMs when each should have been sent, by the wall clock, for the latency header; null: no header
   */
  transactions(
    transactions: readonly BankTransaction[],
    signal: AbortSignal,
    scheduledMs: readonly number[] | null,
  ): Promise<void>;
}

export interface SenderOptions {
  readonly producer: EventProducer;
  readonly codec: EventCodec;
  readonly currency: string;
  readonly mode: Mode;
}

/** Name of the header of a measured record: scheduled send, unix microseconds, decimal. */
const SCHEDULED_SEND_HEADER = 'pde-scheduled-send-us';

const utf8 = new TextEncoder();

/** @throws RegistryUnavailableError while the registry cannot tell the schemas' ids */
export async function createSender({ producer, codec, currency, mode }: SenderOptions): Promise<Sender> {
  const stream = topicOf(Topic.TRANSACTIONS_STREAM);
  const updates = topicOf(Topic.CUSTOMER_UPDATES);
  const encodeTransaction = await codec.encoder(stream, TransactionSchema);
  const encodeProfile = await codec.encoder(updates, CustomerProfileSchema);

  const profileRecord = ({ profile }: BankProfile): OutgoingRecord => ({
    topic: updates.name,
    partition: partitionOf(profile.customerId, updates.partitions),
    key: utf8.encode(profile.customerId),
    value: encodeProfile(toCustomerProfile(profile, mode)),
  });

  const transactionRecord = ({ customerId, row }: BankTransaction, scheduledMs: number | null): OutgoingRecord => ({
    topic: stream.name,
    partition: partitionOf(customerId, stream.partitions),
    key: utf8.encode(customerId),
    value: encodeTransaction(toTransaction(customerId, currency, row, mode)),
    ...(scheduledMs === null ? {} : { headers: { [SCHEDULED_SEND_HEADER]: String(Math.round(scheduledMs * 1000)) } }),
  });

  return {
    async profiles(profiles, signal) {
      if (profiles.length > 0) await producer.send(profiles.map(profileRecord), signal);
    },
    async transactions(transactions, signal, scheduledMs) {
      const records = transactions.map((one, i) => transactionRecord(one, scheduledMs?.[i] ?? null));
      if (records.length > 0) await producer.send(records, signal);
    },
  };
}
