/** What the tests of interventions share: the contract on the stack, predictions and profiles as events, records as fetched. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type CustomerProfile,
  CustomerProfile_ContactChannel,
  CustomerProfile_Mode,
  CustomerProfile_Standing,
  CustomerProfileSchema,
} from '../../gen/pde/events/v1/customer_profile_pb.ts';
import {
  type Prediction,
  Prediction_Eligibility,
  Prediction_Mode,
  Prediction_Origin,
  Prediction_RiskLevel,
  PredictionSchema,
} from '../../gen/pde/events/v1/prediction_pb.ts';
import { customerText } from '../../services/domain/features/reason-text.ts';
import type { DecisionContext } from '../../services/domain/interventions/decide.ts';
import { DEFAULT_CONTACT_POLICY } from '../../services/domain/interventions/policy.ts';
import { riskLevel } from '../../services/domain/scoring/risk.ts';
import { vectorSha256 } from '../../services/interventions/content-digest.ts';
import { PREDICTIONS } from '../../services/interventions/outgoing.ts';
import { CUSTOMER_UPDATES } from '../../services/interventions/profiles.ts';
import { isKnownTimeZone } from '../../services/interventions/time-zones.ts';
import { applyAcls, applyTopics } from '../../services/platform/kafka/admin.ts';
import { createKafka, type KafkaConnection } from '../../services/platform/kafka/kafka.ts';
import { partitionOf } from '../../services/platform/kafka/partition.ts';
import type { IncomingRecord } from '../../services/platform/kafka/port.ts';
import { migrate } from '../../services/platform/postgres/migrate.ts';
import { registerAll } from '../../services/platform/registry/register-all.ts';
import { createRegistry } from '../../services/platform/registry/registry.ts';
import { createSilentLogger } from '../../services/platform/telemetry/logger.ts';
import { aclsOf } from '../../services/platform/topics/acls.ts';
import { allTopics } from '../../services/platform/topics/topics.ts';
import type { KafkaUser } from '../../services/stack/stack.ts';
import type { TestDatabase } from '../support/database.ts';
import { testStack } from '../support/stack.ts';

export const context: DecisionContext = {
  policy: DEFAULT_CONTACT_POLICY,
  isKnownTimeZone,
  wordsFor: customerText,
};

export const HOUR_MS = 3_600_000;
export const T0_MS = Date.UTC(2024, 0, 15, 12);

export function kafkaAs(user: KafkaUser): KafkaConnection {
  const { kafka } = testStack();
  const log = createSilentLogger();
  return createKafka({ brokers: kafka.brokers, ...kafka.credentials(user), clientId: `test-${user}`, log });
}

/** Topics, ACLs and schemas, as a release would apply them. */
export async function applyContract(): Promise<void> {
  const kafka = kafkaAs('admin');
  try {
    await applyTopics(kafka, allTopics());
    await applyAcls(kafka, aclsOf(allTopics()));
    await registerAll(createRegistry({ url: testStack().registry.url, timeoutMs: 30_000 }), allTopics());
  } finally {
    await kafka.close();
  }
}

export async function migrateInterventions(database: TestDatabase): Promise<void> {
  await migrate({
    ownerUrl: database.url('pde_interventions_owner'),
    schema: 'interventions',
    directory: join(import.meta.dirname, '../../services/interventions/store/migrations'),
  });
}

/** A customer nobody else has whose records lie on a partition of predictions-stream. */
export function newCustomer(partition?: number): string {
  for (;;) {
    const id = `c-${randomUUID()}`;
    if (partition === undefined || partitionOf(id, PREDICTIONS.partitions) === partition) return id;
  }
}

export interface PredictionFacts {
  readonly customerId: string;
  readonly riskScore: number;
  readonly atMs?: number;
  readonly predictionId?: string;
  readonly mode?: Prediction_Mode;
}

/** 40 known features of 47. */
const FEATURES = Array.from({ length: 47 }, (_, i) => (i < 40 ? i : Number.NaN));

/** A prediction with a risk score at a time, a replay unless told otherwise. */
export function predictionEvent(facts: PredictionFacts): Prediction {
  const { customerId, riskScore, atMs = T0_MS, predictionId = randomUUID(), mode = Prediction_Mode.REPLAY } = facts;
  return create(PredictionSchema, {
    predictionId,
    customerId,
    origin: Prediction_Origin.TRANSACTION,
    transactionId: 't1',
    observationTime: timestampFromMs(atMs),
    ledgerPosition: 1n,
    featureSetVersion: '2',
    features: FEATURES,
    contributions: FEATURES.map(() => 0.01),
    vectorSha256: vectorSha256(FEATURES),
    probability: riskScore / 5,
    horizonDays: 45,
    riskScore,
    riskLevel: Prediction_RiskLevel[riskLevel(riskScore)],
    eligibility: Prediction_Eligibility.ELIGIBLE,
    modelName: 'risk',
    modelVersion: '1',
    modelSha256: 'a'.repeat(64),
    scoringPolicyVersion: '1',
    actionProbability: 0.1,
    topFeatures: [
      { name: 'salary_delay_days', value: 9, contribution: 0.7 },
      { name: 'balance_days_negative_30d', value: Number.NaN, contribution: 0.2 },
    ],
    featuresKnown: 40,
    featuresTotal: 47,
    mode,
  });
}

/** A profile that consents to every channel, unless told otherwise. */
export function profileEvent(
  customerId: string,
  version: number,
  over: MessageInitShape<typeof CustomerProfileSchema> = {},
): CustomerProfile {
  const { PHONE_CALL, SMS, EMAIL } = CustomerProfile_ContactChannel;
  return create(CustomerProfileSchema, {
    customerId,
    version: BigInt(version),
    effectiveTime: timestampFromMs(T0_MS - 1000 * HOUR_MS),
    timeZone: 'Europe/Prague',
    consents: [PHONE_CALL, SMS, EMAIL].map((channel) => ({
      channel,
      granted: true,
      recordedTime: timestampFromMs(T0_MS - 1000 * HOUR_MS),
    })),
    standing: CustomerProfile_Standing.OPEN,
    mode: CustomerProfile_Mode.REPLAY,
    ...over,
  });
}

/** A record as the broker would give it. */
export function incoming(
  topic: typeof PREDICTIONS,
  key: string,
  value: Uint8Array | null,
  offset: bigint,
  over: Partial<IncomingRecord> = {},
): IncomingRecord {
  const partition = partitionOf(key, topic.partitions);
  const appendMs = T0_MS + Number(offset);
  return { topic: topic.name, partition, offset, appendMs, key: Buffer.from(key), value, headers: {}, ...over };
}

export { CUSTOMER_UPDATES, PREDICTIONS };
