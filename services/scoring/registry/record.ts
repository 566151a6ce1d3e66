/** The record of promotions, as one instance reads and writes it: what is in force by it, and acts that nobody overtook. */
import { type InForce, inForce } from '../../domain/gates/promotions.ts';
import type { Pool } from '../../platform/postgres/pool.ts';
import type { Model } from '../model/load.ts';
import { type Inserted, insertPromotion, type NewPromotion } from '../store/insert-promotion.ts';
import { latestPromotion } from '../store/latest-promotion.ts';
import type { RegisteredModel, StoredPromotion } from '../store/promotion.ts';
import { readPromotions } from '../store/read-promotions.ts';

export interface Standing extends InForce<StoredPromotion> {
  /** Number of the latest act of any feature set. */
  readonly latest: number;
  /** Every act about models of this feature set, in order. */
  readonly promotions: readonly StoredPromotion[];
}

export interface PromotionRecord {
  /** Number of the latest act: cheap. */
  latest(): Promise<number>;
  standing(): Promise<Standing>;
  /** Records an act that follows on the standing that its author has seen. */
  add(promotion: NewPromotion): Promise<Inserted>;
}

/** Rolls back what was registered beside an act that was overtaken. */
class NotAddedError extends Error {
  override readonly name = 'NotAddedError';
  readonly inserted: Inserted;
  constructor(inserted: Inserted) {
    super(`the act was not recorded: ${inserted}`);
    this.inserted = inserted;
  }
}

/** Models of one feature set have a champion of their own, so that two releases can run side by side. */
export function createPromotionRecord(pool: Pool, featureSetVersion: string): PromotionRecord {
  return {
    latest: () => latestPromotion(pool),
    standing: () =>
      pool.transaction(
        async (tx) => {
          const promotions = await readPromotions(tx, featureSetVersion);
          return { ...inForce(promotions), promotions, latest: await latestPromotion(tx) };
        },
        { isolation: 'repeatable read', readOnly: true },
      ),
    async add(promotion) {
      try {
        return await pool.transaction(async (tx) => {
          const inserted = await insertPromotion(tx, promotion);
          if (inserted !== 'done') throw new NotAddedError(inserted);
          return inserted;
        });
      } catch (cause) {
        if (cause instanceof NotAddedError) return cause.inserted;
        throw cause;
      }
    },
  };
}

/** A loaded model as the record registers it. */
export function registeredOf({ manifest, manifestSha256, onnxSha256 }: Model): RegisteredModel {
  const { name, version, featureSetVersion } = manifest;
  return { name, version, manifestSha256, onnxSha256, featureSetVersion };
}
