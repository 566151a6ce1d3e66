import { expect, it } from 'vitest';
import type { KafkaConnection } from './kafka.ts';
import type { OutgoingRecord } from './port.ts';
import { createProducer } from './producer.ts';

const records: OutgoingRecord[] = [{ topic: 'topic', partition: 0, key: null, value: null }];
const silent = () => undefined;

/** A broker that takes requests and answers none; they end with the connection. */
function hungBroker(): KafkaConnection {
  const connection = Promise.withResolvers<never>();
  connection.promise.catch(silent);
  const producer = {
    events: { DISCONNECT: 'disconnect' },
    on: silent,
    connect: async () => undefined,
    send: () => connection.promise,
    disconnect: async () => connection.reject(Object.assign(new Error('closed'), { retriable: true })),
  };
  return {
    client: { producer: () => producer },
    compatible: async () => undefined,
    log: { debug: silent, info: silent, warn: silent, error: silent },
  } as unknown as KafkaConnection;
}

it('lets go of a sender that gives up, though the broker does not answer', async () => {
  const producer = createProducer(hungBroker(), { closeGraceMs: 1 });
  const gaveUp = new AbortController();
  const sending = expect(producer.send(records, gaveUp.signal)).rejects.toThrow('gave up');
  gaveUp.abort(new Error('gave up'));
  await sending;
  await producer.close();
});

it('closes within its grace, though the broker does not answer, and says what was not acknowledged', async () => {
  const producer = createProducer(hungBroker(), { closeGraceMs: 1 });
  const sending = expect(producer.send(records)).rejects.toThrow('the producer is closed');
  await producer.close();
  await sending;
});
