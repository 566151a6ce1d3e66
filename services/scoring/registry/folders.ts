/** Where models lie on this machine: `<models>/<name>/<version>/`, and the folder that an engine without a record begins with. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, type ModelFiles, ModelRefusedError, readManifest } from '../model/files.ts';
import { type CatalogueNames, loadModel, type Model } from '../model/load.ts';
import { prepareAside } from '../model/prepare-aside.ts';

export interface ModelId {
  readonly name: string;
  readonly version: string;
}

/** A folder that holds a manifest, or says why it does not. */
export interface FoundModel {
  readonly id: ModelId;
  readonly manifest: Manifest | null;
  readonly manifestSha256: string;
  /** Empty where the manifest can be read. */
  readonly problem: string;
}

export interface ModelFolders {
  /** Loads and proves the model that an engine without a record begins with. Throws ModelRefusedError. */
  loadDefault(): Promise<Model>;
  /**
   * Loads and proves a model, beside what this instance is doing. Throws ModelRefusedError: also where the folder holds another model, or its manifest is another than
   * the one that was gated or registered.
   *
   * @param manifestSha256 hexadecimal
   */
  load(id: ModelId, manifestSha256: string): Promise<Model>;
  /** Whether its folder holds a manifest, whatever that says. */
  isThere(id: ModelId): Promise<boolean>;
  /** Every folder with a manifest, by name and version; others, such as training's, hold no model. */
  found(): Promise<readonly FoundModel[]>;
}

export interface FolderSettings {
  readonly modelDirectory: string;
  readonly modelsDirectory: string;
}

export function createModelFolders(
  { modelDirectory, modelsDirectory }: FolderSettings,
  catalogue: CatalogueNames,
  nowMs: () => number,
): ModelFolders {
  /** The default folder holds its model wherever it lies. */
  async function directoryOf({ name, version }: ModelId): Promise<string> {
    const own = await readManifest(modelDirectory).catch(() => null);
    const isDefault = own?.manifest.name === name && own.manifest.version === version;
    return isDefault ? modelDirectory : join(modelsDirectory, name, version);
  }

  return {
    loadDefault: () => loadModel(modelDirectory, catalogue, nowMs()),
    async load(id, manifestSha256) {
      const directory = await directoryOf(id);
      assertSame(await readManifest(directory), id, manifestSha256);
      const model = await loadModel(directory, catalogue, nowMs(), prepareAside);
      try {
        // What was loaded, not what was there a moment ago.
        assertSame(model, id, manifestSha256);
        return model;
      } catch (cause) {
        await model.release();
        throw cause;
      }
    },
    isThere: async (id) => existsSync(join(await directoryOf(id), MANIFEST)),
    async found() {
      const names = await foldersIn(modelsDirectory);
      const ids = await Promise.all(
        names.map(async (name) =>
          (await foldersIn(join(modelsDirectory, name))).map((version): ModelId => ({ name, version })),
        ),
      );
      const models = ids
        .flat()
        .filter(({ name, version }) => existsSync(join(modelsDirectory, name, version, MANIFEST)));
      return await Promise.all(models.map((id) => look(modelsDirectory, id)));
    },
  };
}

function assertSame(read: Pick<ModelFiles, 'manifest' | 'manifestSha256'>, id: ModelId, manifestSha256: string): void {
  const { name, version } = read.manifest;
  if (name !== id.name || version !== id.version) {
    throw new ModelRefusedError('manifest', `the folder of ${id.name}/${id.version} holds ${name}/${version}`);
  }
  if (read.manifestSha256 === manifestSha256) return;
  throw new ModelRefusedError(
    'hash',
    `manifest.json of ${name}/${version} has the SHA-256 ${read.manifestSha256}, not ${manifestSha256}`,
  );
}

/** What a folder with a manifest in it holds. */
async function look(modelsDirectory: string, id: ModelId): Promise<FoundModel> {
  try {
    const { manifest, manifestSha256 } = await readManifest(join(modelsDirectory, id.name, id.version));
    return { id, manifest, manifestSha256, problem: '' };
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    return { id, manifest: null, manifestSha256: '', problem };
  }
}

async function foldersIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.flatMap((entry) => (entry.isDirectory() && MODEL_NAME.test(entry.name) ? [entry.name] : [])).sort();
}

const MANIFEST = 'manifest.json';
const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
