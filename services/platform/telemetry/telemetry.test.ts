import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { DeadLetter_Reason, DeadLetterSchema } from '../../../gen/pde/events/v1/dead_letter_pb.ts';
import {
  DeadLetterRecordSchema,
  ListDeadLettersResponseSchema,
} from '../../../gen/pde/operations/v1/operations_service_pb.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { REDACTED, redact } from './redact.ts';

describe('a log line', () => {
  function lineOf(write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown> {
    const lines: string[] = [];
    write(createLogger('svc', 'info', { write: (line: string) => void lines.push(line) }));
    return JSON.parse(lines.join(''));
  }

  it('is one JSON object with service, level, time and the fields', () => {
    const line = lineOf((log) => log.child({ part: 'x' }).info({ event: 'ready', rpcPort: 1 }));
    expect(line).toMatchObject({ service: 'svc', level: 'info', event: 'ready', rpcPort: 1, part: 'x' });
    expect(new Date(String(line.time)).toISOString()).toBe(line.time);
  });

  it('carries the chain of causes', () => {
    const line = lineOf((log) =>
      log.error({ event: 'failed', cause: new Error('outer', { cause: new Error('inner') }) }),
    );
    expect(line.cause).toMatchObject({ message: 'outer', cause: { message: 'inner' } });
  });
});

describe('redact', () => {
  it('masks what the contract marks, at any depth, and nothing else', () => {
    const deadLetter = create(DeadLetterRecordSchema, {
      deadLetterId: 'd',
      offset: 7n,
      appendTime: timestampFromMs(0),
      originalKey: new TextEncoder().encode('customer-1'),
      originalValue: new TextEncoder().encode('secret'),
    });
    expect(
      redact(ListDeadLettersResponseSchema, create(ListDeadLettersResponseSchema, { deadLetters: [deadLetter] })),
    ).toEqual({
      dead_letters: [
        {
          dead_letter_id: 'd',
          offset: '7',
          append_time: '1970-01-01T00:00:00Z',
          original_key: REDACTED,
          original_value: REDACTED,
        },
      ],
    });
  });

  it('names enum values', () => {
    const message = create(DeadLetterSchema, { reason: DeadLetter_Reason.INVALID_VALUE });
    expect(redact(DeadLetterSchema, message)).toMatchObject({ reason: expect.stringContaining('INVALID_VALUE') });
  });
});

describe('metrics', () => {
  it('are exposed with the service on every line', async () => {
    const metrics = createMetrics('svc');
    metrics.counter('seen_total', 'things seen', ['kind']).inc({ kind: 'a' }, 2);
    metrics.observed('depth', 'things queued', () => 3);
    metrics.histogram('wait_ms', 'time waited', [], [5, 20]).observe(10);
    const text = await metrics.text();
    expect(text).toContain('seen_total{kind="a",service="svc"} 2');
    expect(text).toContain('depth{service="svc"} 3');
    expect(text).toContain('wait_ms_bucket{le="20",service="svc"} 1');
    expect(text).toContain('wait_ms_count{service="svc"} 1');
  });

  it('of one name are one', () => {
    const metrics = createMetrics('svc');
    expect(metrics.counter('a_total', 'a')).toBe(metrics.counter('a_total', 'a'));
  });
});
