import type { Command } from 'commander';
import { EngineError } from '../errors.ts';
import { TRACKER_NAMES } from '../tracker-settings.ts';

/** How a camera is to be analysed, as options say it. */
export interface AnalysisOptions {
  readonly model?: string;
  readonly fps?: string;
  readonly confidence?: string;
  readonly classes?: string;
  readonly threshold?: string[];
  readonly tracker?: string;
  readonly priority?: string;
  readonly motionGate?: boolean;
}

/** Adds what `camera add` and `camera update` take about the analysis. */
export function withAnalysisOptions(command: Command): Command {
  return command
    .option('--model <name>', 'a model of "sightline model list"')
    .option('--fps <number>', 'analysed frames a second; 0: every frame')
    .option('--confidence <number>', '0.1 to 1')
    .option('--classes <labels>', 'only these labels of the model, such as person,car; "all" for all of them')
    .option(
      '--threshold <label=number>',
      'a confidence of its own for a label; repeatable; label= takes it away',
      (pair: string, before: string[] = []) => [...before, pair],
    )
    .option('--tracker <name>', `${TRACKER_NAMES.join(', ')}; with its default settings`)
    .option('--priority <number>', '1 to 10: the share of a busy machine')
    .option('--motion-gate', 'rest while the picture stands still')
    .option('--no-motion-gate', 'never rest');
}

/**
 * `analytics` of the API's body; undefined when no option says anything of it.
 *
 * @throws EngineError VALIDATION when an option cannot be read
 */
export function analyticsOf(options: AnalysisOptions): Record<string, unknown> | undefined {
  const { model, classes, threshold: pairs, tracker, motionGate } = options;
  const analytics = {
    model,
    fps: number('--fps', options.fps),
    confidence: number('--confidence', options.confidence),
    classes: classes === undefined ? undefined : labels(classes),
    thresholds: pairs && Object.fromEntries(pairs.map(threshold)),
    tracker: tracker === undefined ? undefined : { name: tracker },
    priority: number('--priority', options.priority),
    motionGate,
  };
  const given = Object.entries(analytics).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function labels(text: string): string[] {
  const all = text.split(',').map((label) => label.trim());
  return text.trim() === 'all' ? [] : all.filter((label) => label !== '');
}

function threshold(pair: string): [string, number | null] {
  const at = pair.lastIndexOf('=');
  const label = pair.slice(0, at).trim();
  if (at < 0 || label === '') {
    throw new EngineError('VALIDATION', `--threshold expects label=number, such as person=0.5, got ${pair}`);
  }
  const value = pair.slice(at + 1).trim();
  return [label, value === '' ? null : number(`--threshold ${label}`, value)!];
}

function number(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+(\.\d+)?$/.test(text))
    throw new EngineError('VALIDATION', `${option} expects a number, got ${text}`);
  return Number(text);
}
