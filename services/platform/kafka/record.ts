/** A fetched record in the port's words. */
import type { KafkaMessage } from 'kafkajs';
import type { IncomingRecord } from './port.ts';

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

export function recordOf(topic: string, partition: number, message: KafkaMessage): IncomingRecord {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    appendMs: Number(message.timestamp),
    key: message.key,
    value: message.value,
    headers: message.headers === undefined ? NO_HEADERS : headersOf(message.headers),
  };
}

function headersOf(headers: NonNullable<KafkaMessage['headers']>): Readonly<Record<string, string>> {
  const entries = Object.entries(headers);
  if (entries.length === 0) return NO_HEADERS;
  return Object.fromEntries(entries.map(([name, value]) => [name, String(Array.isArray(value) ? value[0] : value)]));
}
