import { extname } from 'node:path';
import { readLabels } from '../models/labels.ts';
import type { Manifest } from '../models/manifest.ts';
import { readNamedFile } from './read-file.ts';

/** The labels a person gave: as a manifest entry has them, and how many. */
export interface GivenLabels {
  readonly labels: string | readonly string[];
  readonly count: number;
}

/**
 * Understands `--labels`: the labels themselves with commas between, a text file with one a line, or the name of a
 * list that is there already.
 *
 * @throws EngineError CONFIG_INVALID when there is no such list, or the file cannot be read
 */
export async function givenLabels(text: string, manifest: Pick<Manifest, 'labelDirs'>): Promise<GivenLabels> {
  if (extname(text) === '.txt') {
    const labels = Buffer.from(await readNamedFile(text))
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .trimEnd()
      .split(/\r?\n/);
    return { labels, count: labels.length };
  }
  if (!text.includes(',') && /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(text)) {
    const listed = await readLabels(manifest, { name: 'of --labels', labels: text }).catch(() => undefined);
    if (listed) return { labels: text, count: listed.length };
  }
  const labels = text
    .split(',')
    .map((label) => label.trim())
    .filter((label) => label !== '');
  return { labels, count: labels.length };
}
