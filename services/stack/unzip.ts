/** Unzips an archive that we have verified. */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import yauzl from 'yauzl';

/** Writes every file of the archive under `into`. Rejects names that lead outside of it (yauzl refuses them). */
export function unzip(archive: string, into: string): Promise<void> {
  return new Promise((resolve, reject) => {
    yauzl.open(archive, { lazyEntries: true }, (cause, zip) => {
      if (cause) return reject(cause);
      zip.on('error', reject);
      zip.on('end', resolve);
      zip.on('entry', (entry: yauzl.Entry) => {
        extract(zip, entry, into).then(() => zip.readEntry(), reject);
      });
      zip.readEntry();
    });
  });
}

async function extract(zip: yauzl.ZipFile, entry: yauzl.Entry, into: string): Promise<void> {
  const place = join(into, entry.fileName);
  if (entry.fileName.endsWith('/')) {
    await mkdir(place, { recursive: true });
    return;
  }
  await mkdir(dirname(place), { recursive: true });
  const source = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    zip.openReadStream(entry, (cause, stream) => (cause ? reject(cause) : resolve(stream)));
  });
  await pipeline(source, createWriteStream(place));
}
