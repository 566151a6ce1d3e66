/** The record of models: what was put in force, by whom and why. */
import type { Promotion } from '../../domain/gates/promotions.ts';

/** A model as it was registered: its files never change under its name and version. */
export interface RegisteredModel {
  readonly name: string;
  readonly version: string;
  /** Hexadecimal. */
  readonly manifestSha256: string;
  /** Hexadecimal. */
  readonly onnxSha256: string;
  readonly featureSetVersion: string;
}

/** One act, as it stands. */
export interface StoredPromotion extends Promotion, RegisteredModel {
  readonly actor: string;
  readonly reason: string;
  /** SHA-256 of the gate report, hexadecimal; null where the act has none. */
  readonly gateReportSha256: string | null;
  readonly promotedMs: number;
}
