import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { EngineError, messageOf } from '../errors.ts';
import { invalid, nearest, schemaProblems } from '../schema-problems.ts';
import { TRACKER_NAMES, TrackerSettings } from '../tracker-settings.ts';
import { appearanceModelOf, createTracker, withTrackerDefaults } from '../tracking/create-tracker.ts';
import { interpolated } from '../tracking/mot/interpolate.ts';
import { resultText } from '../tracking/mot/track-box.ts';
import { trackRows } from '../tracking/mot/track-rows.ts';
import type { Tracker } from '../tracking/tracker.ts';
import { findSequenceInfo, readMotFile } from './mot-files.ts';
import { PRESET_FPS, PRESET_NAMES, PRESETS } from './mot-presets.ts';

const DEFAULT_FPS = 30;
const PROGRESS_EVERY_MS = 2000;

/** As they are typed. */
export interface TrackOptions {
  readonly tracker?: string;
  readonly preset?: string;
  readonly detections: string;
  readonly out: string;
  readonly set?: readonly string[];
  readonly fps?: string;
  readonly seqinfo?: string;
  readonly frames?: string;
  readonly interpolate?: string;
}

/** Tracks a file and writes the result unless it is for standard output. */
export function track(
  options: TrackOptions,
  say: (line: string) => void,
): { result: string; summary: string } {
  const maxGap = whole('--interpolate', options.interpolate, 0) ?? 0;
  const frames = whole('--frames', options.frames, 1);
  const chosenFps = fpsOf(options.fps);
  const makeTracker = trackerOf(options, say);
  if (options.out !== '-' && resolve(options.out) === resolve(options.detections)) {
    throw new EngineError('VALIDATION', '--out would overwrite the detections: name another file');
  }
  const detections = readMotFile(options.detections, 'detections', '--detections');
  const info = findSequenceInfo(options.seqinfo, options.detections);
  const fps = options.preset ? PRESET_FPS : (chosenFps ?? info?.fps ?? DEFAULT_FPS);
  const lastFrame = frames ?? detections.lastFrame;
  const tracked = trackRows(detections, makeTracker(fps), {
    fps,
    lastFrame,
    ignoredConfidence: options.preset ? PRESETS[options.preset].ignoredConfidence : undefined,
    onFrame: progress(lastFrame, say),
  });
  const boxes = interpolated(tracked, maxGap);
  const result = resultText(boxes);
  if (options.out !== '-') write(options.out, result);
  const tracks = new Set(boxes.map(({ id }) => id)).size;
  return {
    result,
    summary: `${options.out}: ${tracks} tracks, ${boxes.length} boxes in ${lastFrame} frames`,
  };
}

/** What makes the tracker that was asked for, given the frames a second. */
function trackerOf(options: TrackOptions, say: (line: string) => void): (fps: number) => Tracker {
  const { tracker: name, preset: presetName, set = [], fps } = options;
  if (presetName !== undefined) {
    if (!Object.hasOwn(PRESETS, presetName)) throw unknown('--preset', presetName, PRESET_NAMES);
    const preset = PRESETS[presetName];
    if (name !== undefined && name !== preset.tracker) {
      throw new EngineError(
        'VALIDATION',
        `--preset ${presetName} is a ${preset.tracker}: leave out --tracker ${name}, or the preset`,
      );
    }
    if (set.length > 0) {
      throw new EngineError(
        'VALIDATION',
        `--preset ${presetName} fixes every setting: leave out --set, or take --tracker ${preset.tracker}`,
      );
    }
    if (fps !== undefined) say(`--preset ${presetName} counts frames: --fps changes nothing`);
    return () => preset.create();
  }
  if (name === undefined) {
    throw new EngineError(
      'VALIDATION',
      `which tracker? name one with --tracker (${TRACKER_NAMES.join(', ')}) or --preset (${PRESET_NAMES.join(', ')})`,
    );
  }
  const settings = settingsOf(name, set);
  if (appearanceModelOf(withTrackerDefaults(settings)) !== undefined) {
    say(`a detection file has no pictures: ${name} goes by place alone`);
  }
  return (fps) => createTracker(settings, { firstId: 1, nominalFrameIntervalMs: 1000 / fps });
}

/** @throws EngineError VALIDATION with everything that is wrong with the settings */
function settingsOf(name: string, set: readonly string[]): TrackerSettings {
  const schema = TrackerSettings.anyOf.find(({ properties }) => properties.name.const === name);
  if (!schema) throw unknown('--tracker', name, TRACKER_NAMES);
  const settings: Record<string, unknown> = { name };
  for (const pair of set) {
    const [, key, text] = /^\s*([^=\s]+)\s*=(.*)$/s.exec(pair) ?? [];
    if (key === undefined) {
      throw new EngineError('VALIDATION', `--set takes name=value, got ${JSON.stringify(pair)}`);
    }
    if (key === 'name') throw new EngineError('VALIDATION', '--set cannot change the tracker: use --tracker');
    settings[key] = typed(text.trim(), (schema.properties as Record<string, { type?: string }>)[key]?.type);
  }
  const problems = schemaProblems(schema, settings);
  if (problems.length > 0) throw invalid('VALIDATION', `--set for ${name}`, problems);
  return settings as TrackerSettings;
}

/** What is typed for a number and is none stays a text, which the check then refuses. */
function typed(text: string, type: string | undefined): unknown {
  const isNumber = type === 'number' || type === 'integer';
  if (isNumber && /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function unknown(flag: string, name: string, known: readonly string[]): EngineError {
  const meant = nearest(name, known);
  const remedy = meant === undefined ? '' : `: did you mean ${meant}?`;
  return new EngineError(
    'VALIDATION',
    `${flag} takes one of ${known.join(', ')}, got ${JSON.stringify(name)}${remedy}`,
  );
}

function whole(flag: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
  throw new EngineError(
    'VALIDATION',
    `${flag} takes a whole number from ${least}, got ${JSON.stringify(text)}`,
  );
}

function fpsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const fps = text.trim() === '' ? Number.NaN : Number(text);
  if (fps >= 0.01 && fps <= 1000) return fps;
  throw new EngineError('VALIDATION', `--fps takes a number from 0.01 to 1000, got ${JSON.stringify(text)}`);
}

function progress(lastFrame: number, say: (line: string) => void): (frame: number) => void {
  let saidMs = performance.now();
  return (frame) => {
    if (performance.now() - saidMs < PROGRESS_EVERY_MS) return;
    saidMs = performance.now();
    say(`frame ${frame} of ${lastFrame}`);
  };
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (err) {
    throw new EngineError('DATA_NOT_WRITABLE', `cannot write --out ${path}: ${messageOf(err)}`, {
      cause: err,
    });
  }
}
