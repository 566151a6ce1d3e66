/** Two versions of the model that ships, scoring processes that may switch between them, and promotions as gates would let them be. */
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { finding } from '../../services/domain/gates/finding.ts';
import { gateReport, type JudgedModel } from '../../services/domain/gates/report.ts';
import { CATALOGUE_NAMES } from '../../services/scoring/model/catalogue-names.ts';
import { readManifest } from '../../services/scoring/model/files.ts';
import { writeVariant } from '../support/model-variant.ts';
import { asClient, createScoringPeers, type ScoringPeers } from './scoring-peers.ts';
import { type ScoringProcess, startScoring } from './scoring-process.ts';
import { MODEL_DIRECTORY, predictionId, type ScoringDatabase, vectorOf } from './scoring-support.ts';

export interface ModelsKit {
  readonly peers: ScoringPeers;
  /** The model that every engine here begins with. */
  readonly shipped: JudgedModel;
  /** Folder of all models, the shipped one and "next" among them. */
  readonly modelsDirectory: string;
  /** SHA-256 of the manifest of "next". */
  readonly nextSha256: string;
  folderOf(version: string): string;
  /** Starts a scoring process that looks for its champion every 100 ms. */
  start(db: ScoringDatabase, change?: Readonly<Record<string, string>>): Promise<ScoringProcess>;
  /** Ends every process that was started; each must end well. */
  stopAll(): Promise<void>;
  /** The request to promote a version. */
  promotionOf(
    version: string,
    manifestSha256: string,
    champion?: JudgedModel | null,
    holds?: boolean,
  ): PromotionRequest;
  close(): Promise<void>;
}

export interface PromotionRequest {
  readonly name: string;
  readonly version: string;
  readonly gateReport: Uint8Array<ArrayBuffer>;
  readonly reason: string;
}

export async function createModelsKit(): Promise<ModelsKit> {
  const peers = await createScoringPeers();
  const { manifest, manifestSha256 } = await readManifest(MODEL_DIRECTORY);
  const shipped = { name: manifest.name, version: manifest.version, manifestSha256 };
  const modelsDirectory = join(peers.directory, 'models');
  const folderOf = (version: string) => join(modelsDirectory, shipped.name, version);
  await mkdir(join(modelsDirectory, shipped.name), { recursive: true });
  await cp(MODEL_DIRECTORY, folderOf(shipped.version), { recursive: true });
  const nextSha256 = await writeVariant(MODEL_DIRECTORY, folderOf('next'), { version: 'next', shift: 0.5 });
  const running: ScoringProcess[] = [];
  return {
    ...{ peers, shipped, modelsDirectory, nextSha256, folderOf },
    async start(db, change = {}) {
      const settings = { PDE_MODELS_DIR: modelsDirectory, PDE_MODEL_POLL_MS: '100', ...change };
      const process = await startScoring(peers.environment(db, settings));
      running.push(process);
      return process;
    },
    async stopAll() {
      for (const process of running.splice(0)) expect(await process.stop()).toBe(0);
    },
    promotionOf: (version, sha256, champion = shipped, holds = true) =>
      requestOf({ name: shipped.name, version, manifestSha256: sha256 }, champion, holds),
    close: () => peers.close(),
  };
}

function requestOf(candidate: JudgedModel, champion: JudgedModel | null, holds: boolean): PromotionRequest {
  const findings = [finding('auc_difference', holds, 0.01, 'lower 95 % bound above -0.005', 'better')];
  const verdict = holds
    ? ({ kind: 'accepted', findings } as const)
    : ({ kind: 'refused', findings, reasons: findings } as const);
  const report = gateReport(verdict, {
    ...{ candidate, champion, featureSetVersion: CATALOGUE_NAMES.version, levels: null },
    table: { sha256: 'a'.repeat(64), rows: 1, positives: 1, customers: 1 },
    bootstrap: { samples: 1, seed: 1 },
  });
  const { name, version } = candidate;
  return { name, version, gateReport: new TextEncoder().encode(JSON.stringify(report)), reason: 'a test' };
}

/** A row of ScoreFeatures. */
export const rowOf = (customerId: string, seed: number, transactionId: string) => ({
  predictionId: predictionId(customerId, transactionId),
  transactionId,
  vector: vectorOf(customerId, seed),
});

/** Version of the model that a process scores with. */
export async function versionOn({ url }: ScoringProcess): Promise<string> {
  return (await asClient(url).getModel({})).model!.version;
}
