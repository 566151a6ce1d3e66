import { describe, expect, it } from 'vitest';
import { isRetriable, namedError } from './errors.ts';

const kafkaError = (fields: Record<string, unknown>) => Object.assign(new Error('kafka'), fields);

describe('isRetriable', () => {
  it.each([
    ['a lost connection', { name: 'KafkaJSConnectionError', retriable: true }, true],
    ['a moved leader', { name: 'KafkaJSProtocolError', type: 'NOT_LEADER_FOR_PARTITION', retriable: true }, true],
    ['a denied topic', { name: 'KafkaJSProtocolError', type: 'TOPIC_AUTHORIZATION_FAILED', retriable: false }, false],
    ['a record too large', { name: 'KafkaJSProtocolError', type: 'MESSAGE_TOO_LARGE', retriable: false }, false],
    ['a defect', {}, false],
  ])('tells %s', (_, fields, retriable) => {
    expect(isRetriable(kafkaError(fields))).toBe(retriable);
  });

  it('looks behind retries that kafkajs gave up', () => {
    const gaveUp = (cause: Error) => kafkaError({ name: 'KafkaJSNumberOfRetriesExceeded', retriable: false, cause });
    expect(isRetriable(gaveUp(kafkaError({ retriable: true })))).toBe(true);
    const denied = kafkaError({ type: 'TOPIC_AUTHORIZATION_FAILED', retriable: true });
    expect(isRetriable(gaveUp(denied))).toBe(false);
    expect(namedError(gaveUp(denied))).toBe(denied);
  });

  it('looks behind a retry that took the end of an inner one for a refusal', () => {
    const refusal = (cause?: Error) => kafkaError({ name: 'KafkaJSNonRetriableError', retriable: false, cause });
    expect(isRetriable(refusal(kafkaError({ name: 'KafkaJSConnectionError', retriable: true })))).toBe(true);
    expect(isRetriable(refusal(kafkaError({ name: 'KafkaJSSASLAuthenticationError', retriable: false })))).toBe(false);
    expect(isRetriable(refusal())).toBe(false);
  });
});
