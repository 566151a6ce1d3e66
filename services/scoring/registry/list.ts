/** Every model that an instance knows: those in its folders, and those of the record, each with where it stands. */
import type { FoundModel } from './folders.ts';
import type { Standing } from './record.ts';

export interface ListedModel {
  readonly name: string;
  readonly version: string;
  /** Hexadecimal; empty where it cannot be read. */
  readonly manifestSha256: string;
  readonly featureSetVersion: string;
  readonly state: 'candidate' | 'champion' | 'retired';
  readonly inForceHere: boolean;
  /** Why it cannot be put in force as it lies here; empty where nothing is known against it. */
  readonly problem: string;
}

/** By name and version. `inForce` is the manifest of the model that the instance scores with. */
export function listModels(
  found: readonly FoundModel[],
  { champion, promotions }: Standing,
  inForce: string,
  featureSetVersion: string,
): readonly ListedModel[] {
  const registered = new Map(promotions.map((promotion) => [keyOf(promotion), promotion]));
  const folders = new Map(found.map((one) => [keyOf(one.id), one]));
  return [...new Set([...folders.keys(), ...registered.keys()])].sort().map((key): ListedModel => {
    const [record, folder] = [registered.get(key), folders.get(key)];
    const id = record ?? folder!.id;
    const manifestSha256 = record?.manifestSha256 ?? folder!.manifestSha256;
    return {
      ...{ name: id.name, version: id.version, manifestSha256 },
      featureSetVersion: record?.featureSetVersion ?? folder!.manifest?.featureSetVersion ?? '',
      state: record === undefined ? 'candidate' : champion !== null && keyOf(champion) === key ? 'champion' : 'retired',
      inForceHere: manifestSha256 !== '' && manifestSha256 === inForce,
      problem: problemOf(folder, record?.manifestSha256 ?? null, featureSetVersion),
    };
  });
}

function problemOf(folder: FoundModel | undefined, registered: string | null, featureSetVersion: string): string {
  if (folder === undefined) return 'it is in no folder of this instance';
  const { manifest, manifestSha256, problem } = folder;
  if (manifest === null) return problem;
  if (registered !== null && manifestSha256 !== registered) return `its manifest is now ${manifestSha256}: altered`;
  if (manifest.featureSetVersion !== featureSetVersion) {
    return `it is of feature set ${manifest.featureSetVersion}, this engine computes ${featureSetVersion}`;
  }
  return manifest.promotable ? '' : 'its manifest says: not promotable';
}

function keyOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name}/${version}`;
}
