/**
 * Digests that identity and reproducibility rest on.
 *
 * The content of a transaction is what the engine understands of it: its currency and every field of its ledger row, an
 * absent utc_offset_minutes being 0 and an absent booking_time being occurred_time, as the contract defines absence. Its mode
 * is not content: a replay of a live record is a duplicate of it.
 */
import { hash } from 'node:crypto';
import type { Profile } from '../domain/bank/profile.ts';
import type { LedgerRow } from '../domain/bank/transaction.ts';
import { vectorToBytes } from '../domain/scoring/vector-bytes.ts';

/** Hexadecimal SHA-256 over the JSON array of the content in fixed order. The order is for ever: stored digests depend on it. */
export function contentSha256(currency: string, row: LedgerRow): string {
  return sha256OfJson([
    1,
    row.transactionId,
    row.accountId,
    row.occurredMs,
    row.bookedMs,
    row.utcOffsetMinutes,
    row.timePrecision,
    row.direction,
    row.status,
    row.amountMinor,
    currency,
    row.balanceAfterMinor,
    row.channel,
    row.category,
    row.merchantId,
    row.counterpartyId,
    row.obligationId,
    row.reversesTransactionId,
    row.ownTransfer,
    row.declares,
  ]);
}

/** Hexadecimal SHA-256 of a profile's content, version and mode aside; consents and obligations count in any order. */
export function profileSha256(profile: Profile): string {
  return sha256OfJson([
    1,
    profile.effectiveMs,
    profile.timeZone,
    profile.consents.map((consent) => JSON.stringify([consent.channel, consent.granted, consent.recordedMs])).sort(),
    profile.obligations
      .map((o) => JSON.stringify([o.obligationId, o.kind, o.amountMinor, o.firstDueDay, o.interval, o.lastDueDay]))
      .sort(),
    profile.obligationsDeclared,
    profile.salaryDayOfMonth,
    profile.standing,
  ]);
}

/** Hexadecimal SHA-256 of a vector's bits: float64, little endian, catalogue order, one bit pattern for NaN. */
export function vectorSha256(values: Float64Array): string {
  return hash('sha256', vectorToBytes(values), 'hex');
}

function sha256OfJson(content: unknown): string {
  return hash('sha256', JSON.stringify(content), 'hex');
}
