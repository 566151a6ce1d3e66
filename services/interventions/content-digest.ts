/** Digests by which other content under a known identity is told from a repeat (I2). Mode is not content: a replay is a repeat. */
import { createHash, hash } from 'node:crypto';
import { clone, type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf';
import {
  type CustomerProfile,
  CustomerProfile_ConsentSchema,
  CustomerProfile_Mode,
  CustomerProfile_ObligationSchema,
  CustomerProfileSchema,
} from '../../gen/pde/events/v1/customer_profile_pb.ts';
import type { Prediction } from '../../gen/pde/events/v1/prediction_pb.ts';
import { vectorToBytes } from '../domain/scoring/vector-bytes.ts';

/** Hexadecimal SHA-256 of a vector's bits, as `vector_sha256` of the contract says. */
export function vectorSha256(values: readonly number[]): string {
  return hash('sha256', vectorToBytes(values), 'hex');
}

/** SHA-256 of all that a prediction says. The order is for ever: stored digests depend on it. Its vector counts by its digest. */
export function predictionSha256(event: Prediction): Uint8Array {
  const content = [
    1,
    event.customerId,
    event.origin,
    event.transactionId,
    String(event.observationTime?.seconds),
    event.observationTime?.nanos,
    String(event.ledgerPosition),
    String(event.profileVersion),
    event.featureSetVersion,
    event.vectorSha256,
    event.baseValue,
    event.margin,
    event.probability,
    event.horizonDays,
    event.riskScore,
    event.riskLevel,
    event.eligibility,
    event.modelName,
    event.modelVersion,
    event.modelSha256,
    event.scoringPolicyVersion,
    event.actionProbability,
    event.topFeatures.map(({ name, value, contribution }) => [name, value, contribution]),
    event.featuresKnown,
    event.featuresTotal,
  ];
  return createHash('sha256').update(JSON.stringify(content)).update(vectorToBytes(event.contributions)).digest();
}

/** SHA-256 of all that a snapshot says, consents and obligations in any order. */
export function profileSha256(event: CustomerProfile): Uint8Array {
  const content = clone(CustomerProfileSchema, event);
  content.mode = CustomerProfile_Mode.UNSPECIFIED;
  content.consents = sorted(CustomerProfile_ConsentSchema, content.consents);
  content.obligations = sorted(CustomerProfile_ObligationSchema, content.obligations);
  return createHash('sha256').update(toBinary(CustomerProfileSchema, content)).digest();
}

function sorted<D extends DescMessage>(desc: D, messages: MessageShape<D>[]): MessageShape<D>[] {
  const keyed = messages.map((message) => ({ message, bytes: toBinary(desc, message) }));
  return keyed.sort((a, b) => Buffer.compare(a.bytes, b.bytes)).map(({ message }) => message);
}
