/** Downloaders for files of a Maven repository: Maven itself, with the user's settings and mirrors, or npm's mvn-artifact-download. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MavenFile } from './artefacts.ts';
import type { Downloader } from './cache.ts';
import { StackError } from './errors.ts';
import type { ToolOptions, ToolResult } from './tool.ts';

export type RunTool = (options: ToolOptions) => Promise<ToolResult>;

const DEPENDENCY_PLUGIN = '3.9.0';

/** By the machine's Maven. */
export function downloadByMaven(mvn: string, run: RunTool, signal?: AbortSignal): Downloader<MavenFile> {
  return async (wanted, into) => {
    const pom = join(into, 'pom.xml');
    await writeFile(pom, copyPom(wanted, into));
    const args = ['--batch-mode', '--quiet', '--file', pom, 'dependency:copy'];
    const { code, output, error } = await run({ name: 'Maven', command: mvn, args, cwd: into, signal });
    if (code !== 0) throw new StackError(`Maven failed: ${error?.message ?? firstErrorOf(output)}`);
  };
}

/** By npm's mvn-artifact-download, in a process of its own, since a broken connection is an uncaught error inside it. */
export function downloadByNpm(repository: string | null, run: RunTool, signal?: AbortSignal): Downloader<MavenFile> {
  return async (wanted, into) => {
    const script = fileURLToPath(new URL('./npm-download.ts', import.meta.url));
    const input = JSON.stringify({ into, repository, files: wanted });
    const { code, output, error } = await run({
      name: 'download',
      command: process.execPath,
      args: [script],
      input,
      signal,
    });
    if (code !== 0) throw new StackError(`the download failed: ${error?.message ?? firstErrorOf(output)}`);
  };
}

/** A project whose one purpose is to copy exactly these files; nothing is resolved beyond them. */
export function copyPom(wanted: readonly MavenFile[], into: string): string {
  const items = wanted.map((file) => `<artifactItem>${itemOf(file)}</artifactItem>`).join('\n');
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>pde</groupId><artifactId>stack</artifactId><version>1</version><packaging>pom</packaging>
<build><plugins><plugin><groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId>
<version>${DEPENDENCY_PLUGIN}</version><configuration><outputDirectory>${escapeXml(into)}</outputDirectory>
<artifactItems>
${items}
</artifactItems></configuration></plugin></plugins></build></project>
`;
}

function itemOf(file: MavenFile): string {
  const parts = file.coordinate.split(':');
  const tags: Record<string, string | undefined> = {
    groupId: parts[0],
    artifactId: parts[1],
    version: parts.at(-1),
    type: parts.length > 3 ? parts[2] : undefined,
    classifier: parts.length > 4 ? parts[3] : undefined,
    destFileName: file.file,
  };
  return Object.entries(tags)
    .filter(([, value]) => value !== undefined)
    .map(([tag, value]) => `<${tag}>${escapeXml(value!)}</${tag}>`)
    .join('');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function firstErrorOf(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  const line = lines.find((each) => /error|unable|failed|ENOTFOUND|ECONN|EAI_AGAIN/i.test(each)) ?? lines.at(-1) ?? '';
  return line.slice(0, 300) || 'no reason given';
}
