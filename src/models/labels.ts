import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError, messageOf } from '../errors.ts';
import type { Manifest, ModelEntry } from './manifest.ts';

/**
 * The label of each class id, in order; none for a model that detects nothing.
 *
 * @throws EngineError CONFIG_INVALID when its list of labels cannot be read
 */
export async function readLabels(
  { labelDirs }: Pick<Manifest, 'labelDirs'>,
  { name, labels = [] }: Pick<ModelEntry, 'name' | 'labels'>,
): Promise<readonly string[]> {
  if (typeof labels !== 'string') return labels;
  for (const [i, dir] of labelDirs.entries()) {
    try {
      const text = await readFile(join(dir, `${labels}.txt`), 'utf8');
      // without a byte-order mark and the empty lines at the end; one in the middle is a class without a name
      return text
        .replace(/^\uFEFF/, '')
        .trimEnd()
        .split(/\r?\n/);
    } catch (err) {
      const { code } = err as NodeJS.ErrnoException;
      if (code === 'ENOENT' && i < labelDirs.length - 1) continue;
      throw new EngineError(
        'CONFIG_INVALID',
        `cannot read the labels of model ${name}: ${messageOf(err)}; put ${labels}.txt, one label a line, into ${labelDirs.join(' or ')}`,
        { cause: err },
      );
    }
  }
  throw new EngineError('CONFIG_INVALID', `there is nowhere to look for the labels of model ${name}`);
}
