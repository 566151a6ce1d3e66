/** `pde dead-letters`: what could not be processed, why, and another try after a fix. */
import { toJson } from '@bufbuild/protobuf';
import { timestampDate, timestampMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  type DeadLetterRecord,
  DeadLetterRecordSchema,
  ReplayDeadLetterResponseSchema,
} from '../../../gen/pde/operations/v1/operations_service_pb.ts';
import type { RunningEngine } from '../engine-file.ts';
import { CONSUMERS, operationsOf } from '../operations.ts';

interface Listed {
  readonly service: (typeof CONSUMERS)[number];
  readonly record: DeadLetterRecord;
}

export async function listDeadLetters(
  engine: RunningEngine,
  options: { readonly reason?: string; readonly limit: number; readonly json?: boolean },
): Promise<string> {
  const lists = await Promise.all(
    CONSUMERS.map(async (service): Promise<Listed[]> => {
      const request = { pageSize: Math.min(options.limit, 500), reason: options.reason ?? '' };
      const { deadLetters } = await operationsOf(engine, service).listDeadLetters(request);
      return deadLetters.map((record) => ({ service, record }));
    }),
  );
  const listed = lists.flat().sort((a, b) => appendMs(b) - appendMs(a));
  if (options.json === true) return JSON.stringify(listed.map(jsonOf), null, 2);
  return listed.length === 0 ? 'no dead letters' : listed.map(lineOf).join('\n');
}

export async function showDeadLetter(
  engine: RunningEngine,
  id: string,
  options: { readonly reveal?: boolean; readonly json?: boolean },
): Promise<string> {
  const listed = await find(engine, id);
  const { originalKey, originalValue } = listed.record;
  if (options.reveal !== true) {
    delete listed.record.originalKey;
    delete listed.record.originalValue;
  }
  if (options.json === true) return JSON.stringify(jsonOf(listed), null, 2);
  const content =
    options.reveal === true
      ? [`key:   ${text(originalKey)}`, `value: ${hex(originalValue)}`]
      : [`key and value (${listed.record.valueBytes} bytes) are masked: --reveal shows them`];
  return [lineOf(listed), ...content].join('\n');
}

export async function replayDeadLetters(
  engine: RunningEngine,
  ids: readonly string[],
  options: { readonly force?: boolean; readonly json?: boolean },
): Promise<string> {
  const replayed = [];
  for (const id of ids) {
    const { service } = await find(engine, id);
    const request = { deadLetterId: id, force: options.force === true };
    replayed.push({ id, ...(await operationsOf(engine, service).replayDeadLetter(request)) });
  }
  if (options.json === true) {
    return JSON.stringify(replayed.map((each) => toJson(ReplayDeadLetterResponseSchema, each)));
  }
  return replayed
    .map(({ id, topic, partition, offset }) => `${id} is now at ${topic}/${partition} offset ${offset}`)
    .join('\n');
}

async function find(engine: RunningEngine, id: string): Promise<Listed> {
  for (const service of CONSUMERS) {
    try {
      const { deadLetter } = await operationsOf(engine, service).getDeadLetter({ deadLetterId: id });
      if (deadLetter !== undefined) return { service, record: deadLetter };
    } catch (error) {
      if (ConnectError.from(error).code !== Code.NotFound) throw error;
    }
  }
  throw new Error(`no dead letter ${id}`);
}

function appendMs({ record }: Listed): number {
  return record.appendTime === undefined ? 0 : timestampMs(record.appendTime);
}

function jsonOf({ service, record }: Listed) {
  const fields = toJson(DeadLetterRecordSchema, record, { useProtoFieldName: true, alwaysEmitImplicit: true });
  return { service, ...(fields as Record<string, unknown>) };
}

function lineOf({ service, record }: Listed): string {
  const when = record.appendTime === undefined ? '' : timestampDate(record.appendTime).toISOString();
  const replayed =
    record.replayTime === undefined ? '' : `, replayed ${timestampDate(record.replayTime).toISOString()}`;
  return `${record.deadLetterId}  ${when}  ${service}  ${record.topic}/${record.partition}@${record.offset}  ${record.reason}  ${record.detail}${replayed}`;
}

function text(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '(none)' : JSON.stringify(new TextDecoder().decode(bytes));
}

function hex(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '(none)' : Buffer.from(bytes).toString('hex');
}
