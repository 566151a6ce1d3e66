import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import {
  ScoreFeaturesResult_Outcome as Outcome,
  type ScoreFeaturesRequest,
  type ScoreFeaturesResponse,
  ScoreFeaturesResponseSchema,
} from '../../gen/pde/scoring/v1/scoring_service_pb.ts';
import { FEATURE_COUNT } from '../domain/features/catalogue.ts';
import { derivedId } from '../platform/ids/derived-id.ts';
import { createBreaker } from '../platform/lifecycle/retry.ts';
import { isTransientRpcError } from '../platform/rpc/errors.ts';
import type { ComputedEntry } from './compute-batch.ts';
import { vectorSha256 } from './content-digest.ts';
import { createScorer, type ScoreCall } from './score.ts';

const VALUES = new Float64Array(FEATURE_COUNT).fill(Number.NaN);
const SHA256 = vectorSha256(VALUES);
const signal = new AbortController().signal;

describe('a batch of vectors', () => {
  it('goes in calls of at most a thousand rows, in order, and nothing is asked of what was not triggered', async () => {
    const asked: string[][] = [];
    const scorer = scorerOver(async (request) => {
      asked.push(request.rows.map((row) => row.transactionId));
      return answer(request);
    });
    const entries = Array.from({ length: 2_001 }, (_, n) => entry(`t${n}`));
    await scorer.score([...entries, untriggered('u')], signal);
    expect(asked.map((rows) => rows.length)).toEqual([1_000, 1_000, 1]);
    expect(asked.flat()).toEqual(entries.map((one) => one.row.transactionId));
    await scorer.score([untriggered('u')], signal);
    expect(asked.length).toBe(3);
  });

  it('carries the time at which a measured record was due to be sent', async () => {
    const scorer = scorerOver(async (request) => {
      expect(request.rows[0]?.scheduledSendTime).toMatchObject({ seconds: 1n, nanos: 500_000_000 });
      expect(request.rows[1]?.scheduledSendTime).toBeUndefined();
      return answer(request);
    });
    const measured = entry('t1');
    await scorer.score(
      [{ ...measured, vector: { ...measured.vector!, scheduledSendUs: 1_500_000n } }, entry('t2')],
      signal,
    );
    expect.assertions(2);
  });
});

describe('the answer', () => {
  it('that another vector stands is a conflict, which stops nothing', async () => {
    const scorer = scorerOver(async (request) => answer(request, { standingVectorSha256: 'other' }));
    expect(await scorer.score([entry('t1')], signal)).toEqual([
      {
        predictionId: derivedId('prediction', 'c1', 't1'),
        customerId: 'c1',
        ledgerPosition: 1,
        computedSha256: SHA256,
        standingSha256: 'other',
      },
    ]);
  });

  it('that a vector was refused is an answer (I7)', async () => {
    const scorer = scorerOver(async (request) => answer(request, { outcome: Outcome.REFUSED }));
    expect(await scorer.score([entry('t1')], signal)).toEqual([]);
  });

  it.each<[string, ScoreCall]>([
    ['with a row missing', async () => create(ScoreFeaturesResponseSchema, {})],
    ['for another prediction', async (request) => answer(request, { predictionId: 'other' })],
    ['without an outcome', async (request) => answer(request, { outcome: Outcome.UNSPECIFIED })],
  ])('%s is an error: nothing may be committed on it', async (_, call) => {
    await expect(scorerOver(call).score([entry('t1')], signal)).rejects.toThrow(/^scoring answered/);
  });
});

describe('scoring away', () => {
  it('is tried again while the deadline lasts', async () => {
    let tries = 0;
    const scorer = scorerOver(async (request) => {
      tries += 1;
      if (tries < 3) throw new ConnectError('away', Code.Unavailable);
      return answer(request);
    });
    expect(await scorer.score([entry('t1')], signal)).toEqual([]);
    expect(tries).toBe(3);
  });

  it('counts as such where it hangs, and opens the breaker; a stop of ours does not', async () => {
    let called = Promise.withResolvers<void>();
    const hanging: ScoreCall = (_, tried) =>
      new Promise((_, reject) => {
        tried.addEventListener('abort', () => reject(new ConnectError('aborted', Code.Canceled)));
        called.resolve();
      });
    const breaker = createBreaker({ failures: 2, halfOpenAfterMs: 60_000, isTransient: isTransientRpcError });
    for (let n = 0; n < 2; n++) {
      const stop = new AbortController();
      called = Promise.withResolvers();
      const scored = createScorer({ call: hanging, breaker, deadlineMs: 60_000 }).score([entry('t1')], stop.signal);
      await called.promise;
      stop.abort(new Error('stop'));
      await expect(scored).rejects.toThrow('stop');
    }
    expect(breaker.state()).toBe('closed');
    const impatient = createScorer({ call: hanging, breaker, deadlineMs: 10 });
    for (let n = 0; n < 2; n++) await expect(impatient.score([entry('t1')], signal)).rejects.toThrow();
    await expect.poll(() => breaker.state()).toBe('open');
  });

  it('is not tried again for an error that no repeat mends', async () => {
    let tries = 0;
    const scorer = scorerOver(async () => {
      tries += 1;
      throw new ConnectError('no', Code.InvalidArgument);
    });
    await expect(scorer.score([entry('t1')], signal)).rejects.toMatchObject({ code: Code.InvalidArgument });
    expect(tries).toBe(1);
  });
});

function scorerOver(call: ScoreCall) {
  const breaker = createBreaker({ failures: 50, halfOpenAfterMs: 1_000, isTransient: isTransientRpcError });
  return createScorer({ call, breaker, deadlineMs: 5_000 });
}

function answer(
  request: ScoreFeaturesRequest,
  fields: Partial<ScoreFeaturesResponse['results'][number]> = {},
): ScoreFeaturesResponse {
  return create(ScoreFeaturesResponseSchema, {
    results: request.rows.map((row) => ({
      predictionId: row.predictionId,
      outcome: Outcome.SCORED,
      standingVectorSha256: vectorSha256(Float64Array.from(row.vector?.values ?? [])),
      ...fields,
    })),
  });
}

function untriggered(transactionId: string): ComputedEntry {
  return { ...entry(transactionId), triggered: null, vector: null };
}

function entry(transactionId: string): ComputedEntry {
  return {
    customerId: 'c1',
    ledgerPosition: 1,
    mode: 'replay',
    contentSha256: '',
    arrivalMs: 0,
    learnedMs: 0,
    topicPartition: 0,
    logOffset: 0n,
    row: { ...ROW, transactionId },
    triggered: {
      triggers: ['failed'],
      predictionId: derivedId('prediction', 'c1', transactionId),
      profileVersion: 0,
      vectorSha256: SHA256,
    },
    vector: {
      observation: {
        values: VALUES,
        eligibility: 'undeclared',
        ledgerPosition: 1,
        profileVersion: 0,
        featuresKnown: 0,
      },
      scheduledSendUs: null,
    },
  };
}

const ROW: ComputedEntry['row'] = {
  transactionId: 't',
  accountId: 'a1',
  occurredMs: 1_700_000_000_000,
  bookedMs: 1_700_000_000_000,
  utcOffsetMinutes: 0,
  timePrecision: 'second',
  direction: 'debit',
  status: 'failed',
  amountMinor: 100,
  balanceAfterMinor: null,
  channel: 'card',
  category: 'groceries',
  merchantId: null,
  counterpartyId: null,
  obligationId: null,
  reversesTransactionId: null,
  ownTransfer: false,
  declares: 0,
};
