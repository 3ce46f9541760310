import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { loadConfig } from '../config/load.ts';
import { FAMILY_NAMES, type FamilyName } from '../models/family-name.ts';
import { loadManifest } from '../models/manifest.ts';
import { type Inspection, inspectModel } from '../pipeline/families/inspect-model.ts';
import { tensorText } from '../pipeline/inference/signature.ts';
import type { CommandContext } from './context.ts';
import { givenLabels } from './model-labels.ts';
import { readNamedFile } from './read-file.ts';

interface InspectFlags {
  readonly labels?: string;
  readonly family?: FamilyName;
  readonly json?: boolean;
}

/** `model inspect`: what an ONNX file takes and answers, and the manifest entry that makes it a model. */
export function registerModelInspect(model: Command, context: CommandContext): void {
  model
    .command('inspect <file.onnx>')
    .description('what an ONNX file takes and answers, and a manifest entry for it')
    .option('--labels <list>', 'its labels: a,b,c, or a .txt file, or the name of a list (coco80)')
    .addOption(new Option('--family <name>', 'how its output is decoded').choices(FAMILY_NAMES))
    .option('--json', 'print JSON')
    .action(async (path: string, { labels, family, json }: InspectFlags) => {
      const manifest = await loadManifest(loadConfig({ env: process.env }).models.dir);
      const given = labels === undefined ? undefined : await givenLabels(labels, manifest);
      const inspection = inspectModel(await readNamedFile(path), basename(path), {
        ...(family && { family }),
        ...(given && { labels: given.labels, labelCount: given.count }),
      });
      process.stdout.write(json ? `${JSON.stringify(inspection)}\n` : told(inspection));
      if (!inspection.entry) context.exit(1);
    });
}

function told({ signature, image, family, classes, reason, entry, notes }: Inspection): string {
  const lines = [
    ...signature.inputs.map((tensor) => `input   ${tensorText(tensor)}`),
    ...signature.outputs.map((tensor) => `output  ${tensorText(tensor)}`),
    `family  ${family ?? 'none'}${classes === null ? '' : `, ${classes} ${classes === 1 ? 'class' : 'classes'}`}`,
  ];
  if (image) {
    lines.push(`size    ${image.size ? `${image.size.width}x${image.size.height}` : 'open'}`);
    lines.push(`batch   ${image.batch ?? 'open'}`);
  }
  if (reason && entry?.task !== 'embedding') lines.push('', reason);
  if (notes.length > 0) lines.push('', ...notes.map((note) => `note: ${note}`));
  if (entry)
    lines.push(
      '',
      'an entry for "models" in manifest.json of the models directory:',
      JSON.stringify(entry, null, 2),
    );
  return `${lines.join('\n')}\n`;
}
