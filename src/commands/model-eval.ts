import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AnnotatedPictures } from '../models/eval/annotated-picture.ts';
import { type Evaluation, evaluate, judgedClasses, restrictedTo } from '../models/eval/evaluate.ts';
import { findPictures } from '../models/eval/find-pictures.ts';
import { INPUT_WAYS, type InputWay } from '../models/eval/input-way.ts';
import { createLogger } from '../observe/logger.ts';
import type { CommandContext } from './context.ts';
import { resolveDetector } from './resolve-detector.ts';
import { table } from './table.ts';

interface EvalOptions {
  readonly data: string;
  readonly annotations?: string;
  readonly score: number;
  readonly iou: number;
  readonly classes?: string[];
  readonly pictures?: number;
  readonly minVisibility: number;
  readonly minHeight: number;
  readonly input: InputWay | 'both';
  readonly json?: boolean;
}

const HELP = `
How it counts: within each class detections choose by their scores; each takes the free object it overlaps most, at
least by --iou. recall = hits / objects, precision = hits / detections with at least --score. Pedestrians smaller or
less visible than asked for, and what the annotations mark as ignored, are no objects: a detection of one is no hit,
so it lowers the precision; the column beside it leaves such detections out. AP50 and AP50-95 are COCO's (101
points, all sizes, 100 detections a picture, ignored objects beside); detections below 0.1 never leave a detector.

Pictures enter the model in two ways. reference: as published figures are made, in RGB at full size first, then
scaled into the model's own input with all of its padding. camera: as the frames of cameras, scaled and converted in
one step, into the smallest input that holds them.
`;

/** `model eval`: how good a model is on annotated pictures, through the pipeline that cameras take. */
export function registerModelEval(model: Command, context: CommandContext): void {
  model
    .command('eval <name>')
    .description('judge a model by annotated pictures: AP50, AP50-95, precision, recall, confusion matrix')
    .requiredOption(
      '--data <folder>',
      'sequences of the MOTChallenge (img1/, gt.txt), or pictures with COCO annotations',
    )
    .option('--annotations <file>', "COCO's JSON file, where it lies elsewhere")
    .option(
      '--score <0..1>',
      'least confidence of a detection, for precision, recall and confusion',
      fraction,
      0.3,
    )
    .option('--iou <0..1>', 'least overlap of a hit, for the same', fraction, 0.5)
    .option('--classes <list>', 'only these classes, separated by commas', labels)
    .option('--pictures <n>', 'only the first n pictures of each sequence', whole)
    .option(
      '--min-visibility <0..1>',
      'pedestrians of the MOTChallenge seen less than this are ignored',
      fraction,
      0.3,
    )
    .option(
      '--min-height <pixels>',
      'pedestrians of the MOTChallenge smaller than this are ignored',
      pixels,
      80,
    )
    .addOption(
      new Option('--input <way>', 'how pictures enter the model')
        .choices(['both', ...INPUT_WAYS])
        .default('both'),
    )
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (name: string, options: EvalOptions) => {
      const found = await findPictures(options.data, options.annotations, options);
      const resolved = await resolveDetector(name);
      const { classes, unknown } = judgedClasses(resolved.labels, found.labels, options.classes);
      if (unknown.length > 0) say(`left out, because ${name} does not know them: ${unknown.join(', ')}`);

      // ONNX Runtime and FFmpeg are loaded by those who need them
      const { Detector } = await import('../pipeline/detector.ts');
      const { CPU_ONLY, Sessions } = await import('../pipeline/inference/providers.ts');
      const { openSessionRunner } = await import('../pipeline/inference/session-runner.ts');
      const { detectPictures } = await import('../models/eval/detect-pictures.ts');
      const log = createLogger('eval', { level: 'warn', format: 'pretty' });
      const detector = await Detector.load(resolved, openSessionRunner(new Sessions(CPU_ONLY, log)), log);
      const judged: Judged[] = [];
      try {
        for (const way of options.input === 'both' ? INPUT_WAYS : [options.input]) {
          const progress = tenths(`${name}, ${way}`, found.pictures.length);
          const { pictures, inputs } = await detectPictures(detector, found.pictures, way, progress);
          const kept = restrictedTo(classes, pictures);
          judged.push({ way, inputs, result: evaluate(kept, [...new Set(classes.values())], options) });
        }
      } finally {
        await detector.release();
      }
      process.stdout.write(
        options.json
          ? `${JSON.stringify(asJson(detector.model, options, found, judged))}\n`
          : asText(detector.model, options, judged),
      );
      context.exit(0);
    });
}

interface Judged {
  readonly way: InputWay;
  /** Input sizes the model computed at. */
  readonly inputs: readonly string[];
  readonly result: Evaluation;
}

/** The first way's figures come at the top, so that they are found in one place whatever was asked for. */
function asJson(
  model: string,
  options: EvalOptions,
  { format }: AnnotatedPictures,
  judged: readonly Judged[],
) {
  const { data, score, iou, minVisibility, minHeight } = options;
  const [first, second] = judged.map(({ way, inputs, result }) => ({ input: way, inputs, ...result }));
  return {
    model,
    data,
    format,
    score,
    iou,
    ...(format === 'mot' && { minVisibility, minHeight }),
    ...first,
    ...(second && { [second.input]: second }),
  };
}

function asText(model: string, { score, iou }: EvalOptions, judged: readonly Judged[]): string {
  const rows = judged.flatMap(({ way, result }) =>
    [...result.classes, ...(result.classes.length > 1 ? [{ ...result, label: 'all' }] : [])].map((each) => [
      way,
      each.label,
      each.objects,
      each.detections,
      rounded(each.recall),
      rounded(each.precision),
      rounded(each.precisionBesideIgnored),
      rounded(each.ap50),
      rounded(each.ap50To95),
    ]),
  );
  const counts = ['objects', 'detections', 'recall', 'precision', 'beside ignored', 'AP50', 'AP50-95'];
  const [{ result }] = judged;
  const lines = [
    `${model}, ${result.pictures} pictures, ${result.objects} objects to find, ${result.ignoredObjects} ignored; score >= ${score}, IoU >= ${iou}\n`,
    table(['input', 'class', ...counts], rows),
  ];
  for (const { way, inputs, result } of judged) {
    const { labels, counts } = result.confusion;
    // of many classes only those that were mistaken or found can be looked at
    const shown = labels.filter((_, i) => counts[i].some(Boolean) || counts.some((row) => row[i] > 0));
    const cells = shown.map((label) =>
      shown.map((other) => counts[labels.indexOf(label)][labels.indexOf(other)]),
    );
    lines.push(
      `confusion at ${inputs.join(', ')} (${way}): what is there in rows, what is found in columns\n`,
      table(
        ['', ...shown],
        shown.map((label, i) => [label, ...cells[i]]),
      ),
    );
  }
  return lines.join('\n');
}

function rounded(value: number | null): string {
  return value === null ? '-' : value.toFixed(3);
}

/** A line on standard error at each tenth of the way. */
function tenths(name: string, total: number): (done: number) => void {
  let shown = 0;
  return (done) => {
    const tenth = Math.floor((done / total) * 10);
    if (tenth > shown) say(`${name}: ${done} of ${total} pictures`);
    shown = tenth;
  };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function fraction(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It takes a number from 0 to 1.');
}

function pixels(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value < 1e6) return value;
  throw new InvalidArgumentError('It takes a number of pixels.');
}

function whole(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It takes a whole number from 1.');
}

function labels(text: string): string[] {
  const list = text.split(',').map((label) => label.trim());
  if (list.every((label) => label !== '')) return list;
  throw new InvalidArgumentError('It takes labels, separated by commas.');
}
