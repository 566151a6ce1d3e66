import { describe, expect, it } from 'vitest';
import { ARTEFACTS } from './artefacts.ts';
import { copyPom } from './maven-files.ts';

describe('copyPom', () => {
  it('names a jar by three parts, and an archive with its type and classifier', () => {
    const pom = copyPom([ARTEFACTS.kafka.jars[0]!, ARTEFACTS.registry.archive], '/a&b');
    expect(pom).toContain('<outputDirectory>/a&amp;b</outputDirectory>');
    expect(pom).toContain(
      '<groupId>com.dynatrace.hash4j</groupId><artifactId>hash4j</artifactId><version>0.22.0</version><destFileName>',
    );
    expect(pom).toContain('<version>3.3.2</version><type>tar.gz</type><classifier>all</classifier>');
  });
});

describe('the committed list', () => {
  it('has 46 jars, a checksum for each file, and wheels for the common platforms', () => {
    const { kafka, registry, java } = ARTEFACTS;
    expect(kafka.jars).toHaveLength(46);
    const files = [...kafka.jars, registry.archive, ...Object.values(java.wheels)];
    for (const file of files) expect(file).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(new Set(files.map((file) => file.file)).size).toBe(files.length);
    expect(Object.keys(java.wheels)).toEqual(
      expect.arrayContaining(['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64']),
    );
  });
});
