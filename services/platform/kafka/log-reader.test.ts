import { afterEach, describe, expect, it, vi } from 'vitest';
import { fakeKafka } from './fake-kafka.fixture.ts';
import { createLogReader, type LogReader, type LogReaderOptions } from './log-reader.ts';

const readers: LogReader[] = [];
afterEach(() => Promise.all(readers.splice(0).map((reader) => reader.close())));

const log = (endOffset: bigint) => async () => [{ partition: 0, beginOffset: 0n, endOffset }];

function read(fake: ReturnType<typeof fakeKafka>, o: Partial<LogReaderOptions> = {}) {
  const taken: bigint[] = [];
  const reader = createLogReader({
    kafka: fake.kafka,
    topic: 'topic',
    positions: async () => new Map(),
    onRecords: async (_, records) => void taken.push(...records.map((record) => record.offset)),
    onFatal: (cause) => {
      throw cause;
    },
    ...o,
  });
  readers.push(reader);
  return { reader, taken };
}

describe('a log reader that joins again', () => {
  it('goes on where it stood itself, however far another instance has stored meanwhile', async () => {
    const fake = fakeKafka(log(6n));
    const stored = [1n, 5n];
    const { taken } = read(fake, { positions: async () => new Map([[0, stored.shift() ?? 5n]]) });
    fake.join();
    await vi.waitFor(() => expect(fake.seeks).toEqual(['1']));
    await fake.deliver(1, 2);
    fake.join();
    await vi.waitFor(() => expect(fake.seeks).toEqual(['1', '3']));
    await fake.deliver(3, 3);
    expect(taken).toEqual([1n, 2n, 3n, 4n, 5n]);
  });

  it('does so too where it had read nothing yet', async () => {
    const fake = fakeKafka(log(6n));
    const stored = [1n, 5n];
    read(fake, { positions: async () => new Map([[0, stored.shift() ?? 5n]]) });
    fake.join();
    await vi.waitFor(() => expect(fake.seeks).toEqual(['1']));
    fake.join();
    await vi.waitFor(() => expect(fake.seeks).toEqual(['1', '1']));
  });
});

describe('a log reader that is waited for', () => {
  it('lets go of who gives up while the broker does not tell where the log ends', async () => {
    const fake = fakeKafka(() => new Promise(() => undefined));
    const { reader } = read(fake);
    const gaveUp = new AbortController();
    const waiting = expect(reader.caughtUp(gaveUp.signal)).rejects.toThrow('gave up');
    gaveUp.abort(new Error('gave up'));
    await waiting;
  });

  it('still hands over what comes after the broker had answered with nothing for a while', async () => {
    const fake = fakeKafka(log(2n));
    const { reader, taken } = read(fake);
    fake.join();
    await vi.waitFor(() => expect(fake.seeks).toEqual(['0']));
    let isCaughtUp = false;
    const waiting = reader.caughtUp().then(() => {
      isCaughtUp = true;
    });
    await vi.waitFor(() => {
      fake.answerFetch();
      expect(isCaughtUp).toBe(true);
    });
    await waiting;
    await fake.deliver(0, 2);
    expect(taken).toEqual([0n, 1n]);
  });
});
