/**
 * The two streams that decisions give rise to, from rows at consecutive positions: as just committed by this process, or as read
 * from the tables.
 */
import { DashboardUpdateSchema } from '../../gen/pde/events/v1/dashboard_update_pb.ts';
import { InterventionSchema } from '../../gen/pde/events/v1/intervention_pb.ts';
import { Topic } from '../../gen/pde/topics/v1/topics_pb.ts';
import { partitionOf } from '../platform/kafka/partition.ts';
import type { EventProducer, OutgoingRecord } from '../platform/kafka/port.ts';
import type { ServiceScope } from '../platform/lifecycle/scope.ts';
import { createRelay, type Relay } from '../platform/outbox/relay.ts';
import type { Pool } from '../platform/postgres/pool.ts';
import type { EventCodec } from '../platform/registry/codec.ts';
import { topicOf } from '../platform/topics/topics.ts';
import { reportedDecisions, type TakenPositions } from './commit-batch.ts';
import { dashboardUpdate, interventionEvent } from './convert-events.ts';
import type { DecidedBatch } from './decide-batch.ts';
import { type DashboardRow, readDashboardRowsAfter } from './store/read-dashboard-rows-after.ts';
import { type PublishedOffer, readOffersAfter } from './store/read-offers-after.ts';
import { DASHBOARD_OUTBOX, OFFERS_OUTBOX, SCHEMA } from './store/rows.ts';

export const PREDICTIONS = topicOf(Topic.PREDICTIONS_STREAM);
const INTERVENTIONS = topicOf(Topic.INTERVENTIONS_STREAM);
const DASHBOARD = topicOf(Topic.DASHBOARD_UPDATES);

/** Outboxes and the topics that they go to. */
export const OUTBOX_TOPICS: Readonly<Record<string, string>> = {
  [OFFERS_OUTBOX]: INTERVENTIONS.name,
  [DASHBOARD_OUTBOX]: DASHBOARD.name,
};

export interface Outgoing {
  readonly offers: Relay<PublishedOffer>;
  readonly dashboard: Relay<DashboardRow>;
}

export interface OutgoingDeps {
  readonly scope: ServiceScope;
  readonly pool: Pool;
  readonly producer: EventProducer;
  readonly codec: EventCodec;
}

/** Starts both relays; they close with the scope. */
export async function startOutgoing({ scope, pool, producer, codec }: OutgoingDeps): Promise<Outgoing> {
  const common = { scope, pool, schema: SCHEMA, shards: PREDICTIONS.partitions, producer };
  const start = <R extends { readonly position: bigint }>(o: Parameters<typeof createRelay<R>>[0]) =>
    scope.acquire(
      `relay of ${o.outbox}`,
      () => createRelay<R>(o),
      (relay) => relay.close(),
    );
  const offers = await start<PublishedOffer>({
    ...common,
    outbox: OFFERS_OUTBOX,
    readAfter: (shard, position, limit) => readOffersAfter(pool, shard, position, limit),
    toRecords: async (rows) => rows.map(offerRecord(await codec.encoder(INTERVENTIONS, InterventionSchema))),
  });
  const dashboard = await start<DashboardRow>({
    ...common,
    outbox: DASHBOARD_OUTBOX,
    readAfter: (shard, position, limit) => readDashboardRowsAfter(pool, shard, position, limit),
    toRecords: async (rows) => rows.map(dashboardRecord(await codec.encoder(DASHBOARD, DashboardUpdateSchema))),
  });
  return { offers, dashboard };
}

function offerRecord(encode: (event: ReturnType<typeof interventionEvent>) => Uint8Array) {
  return (row: PublishedOffer): OutgoingRecord => ({
    topic: INTERVENTIONS.name,
    partition: partitionOf(row.customerId, INTERVENTIONS.partitions),
    key: Buffer.from(row.customerId),
    value: encode(interventionEvent(row)),
  });
}

function dashboardRecord(encode: (event: ReturnType<typeof dashboardUpdate>) => Uint8Array) {
  return (row: DashboardRow): OutgoingRecord => {
    const update = dashboardUpdate(row);
    return {
      topic: DASHBOARD.name,
      partition: partitionOf(update.customerId, DASHBOARD.partitions),
      key: Buffer.from(update.customerId),
      value: encode(update),
    };
  };
}

/** Hands what was just committed to the relays, so that it goes out at once. */
export function offerCommitted(outgoing: Outgoing, shard: number, decided: DecidedBatch, taken: TakenPositions): void {
  const { offers, dashboard } = taken;
  if (offers !== null) outgoing.offers.offer(shard, offers, publishedOffers(decided, offers));
  if (dashboard !== null) outgoing.dashboard.offer(shard, dashboard, dashboardRows(decided, dashboard));
}

/** The batch's offers as {@link readOffersAfter} would read them. */
export function publishedOffers(decided: DecidedBatch, first: bigint): readonly PublishedOffer[] {
  const decisions = new Map(decided.decisions.map((row) => [row.decisionId, row]));
  return decided.offers.map(({ escalates: _, ...offer }, index) => {
    const { predictionId, mode, policyVersion, personal } = decisions.get(offer.decisionId)!;
    return { ...offer, position: first + BigInt(index), predictionId, mode, policyVersion, personal };
  });
}

/** The batch's dashboard rows as {@link readDashboardRowsAfter} would read them. */
export function dashboardRows(decided: DecidedBatch, first: bigint): readonly DashboardRow[] {
  const offers = new Map(decided.offers.map((row) => [row.decisionId, row]));
  return reportedDecisions(decided).map((row, index): DashboardRow => {
    const { decisionId, customerId, decidedMs, riskLevel, personal, suppressionReason } = row;
    const common = { decisionId, customerId, decidedMs, riskLevel, personal };
    const { interventionId, interventionType } = offers.get(decisionId) ?? {};
    return {
      kind: 'decision',
      position: first + BigInt(index),
      ...common,
      result:
        suppressionReason === null
          ? { interventionId: interventionId!, interventionType: interventionType! }
          : { suppressionReason },
    };
  });
}
