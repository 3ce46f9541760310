import type { AnalyticsInput } from '../../../../src/analytics.ts';
import type { CameraView } from '../api.ts';
import { DEFAULT_TRACKER } from './trackers.ts';

/** One line of the thresholds, as typed. */
export interface ThresholdRow {
  /** Tells rows apart while they are edited. */
  readonly key: number;
  readonly label: string;
  readonly confidence: string;
}

/** How a camera is analysed, as it stands in the form. */
export interface AnalysisValues {
  /** Empty: what the hub gives a camera that names none. */
  readonly model: string;
  readonly fps: string;
  readonly confidence: string;
  readonly tracker: string;
  /** Empty: all labels of the model. */
  readonly classes: readonly string[];
  readonly thresholds: readonly ThresholdRow[];
  readonly priority: string;
  /** Null: as is the default for the source. */
  readonly motionGate: boolean | null;
  readonly heartbeatSeconds: string;
}

export type AnalysisField = keyof AnalysisValues | `thresholds[${number}]`;
export type AnalysisErrors = Partial<Record<AnalysisField, string>>;

/** What the hub takes where nothing is said; a test holds it against the hub's own defaults. */
export const DEFAULT_ANALYSIS: AnalysisValues = {
  model: '',
  fps: '5',
  confidence: '0.3',
  tracker: DEFAULT_TRACKER,
  classes: [],
  thresholds: [],
  priority: '5',
  motionGate: null,
  heartbeatSeconds: '2',
};

/** @param isLive whether the source is live or stands for it */
export function analysisOf({ analytics }: CameraView, isLive: boolean): AnalysisValues {
  const { enabled, heartbeatSeconds } = analytics.motionGate;
  return {
    model: analytics.model,
    fps: String(analytics.fps),
    confidence: String(analytics.confidence),
    tracker: analytics.tracker.name,
    classes: analytics.classes,
    thresholds: Object.entries(analytics.thresholds).map(([label, confidence], key) => ({
      key,
      label,
      confidence: String(confidence),
    })),
    priority: String(analytics.priority),
    motionGate: enabled === isLive ? null : enabled,
    heartbeatSeconds: String(heartbeatSeconds),
  };
}

/** Whether the gate is on with these values. */
export function gateIsOn({ motionGate }: AnalysisValues, isLive: boolean): boolean {
  return motionGate ?? isLive;
}

/**
 * Mistakes that need no question to the hub, by field.
 *
 * @param labels of the chosen model; null while they are not known
 */
export function checkAnalysis(values: AnalysisValues, labels: readonly string[] | null): AnalysisErrors {
  const errors: AnalysisErrors = {};
  if (!inRange(values.fps, 0, 120)) errors.fps = 'Enter 0 to 120; 0 analyses every frame.';
  if (!inRange(values.confidence, 0.1, 1)) errors.confidence = 'Enter 0.1 to 1.';
  if (!inRange(values.priority, 1, 10) || !Number.isInteger(Number(values.priority))) {
    errors.priority = 'Enter a whole number from 1 to 10.';
  }
  if (!inRange(values.heartbeatSeconds, 0.2, 60)) errors.heartbeatSeconds = 'Enter 0.2 to 60 seconds.';
  const isUnknown = (label: string): boolean => labels !== null && !labels.includes(label);
  const unknown = values.classes.filter(isUnknown);
  if (unknown.length > 0) errors.classes = noLabel(values.model, unknown);
  const seen = new Set<string>();
  for (const [i, row] of values.thresholds.entries()) {
    const label = row.label.trim();
    if (isBlank(row)) continue;
    if (!label) errors[`thresholds[${i}]`] = 'Enter a label.';
    else if (seen.has(label)) errors[`thresholds[${i}]`] = `${label} stands here twice.`;
    else if (isUnknown(label)) errors[`thresholds[${i}]`] = noLabel(values.model, [label]);
    else if (!inRange(row.confidence, 0.1, 1)) errors[`thresholds[${i}]`] = 'Enter a confidence of 0.1 to 1.';
    seen.add(label);
  }
  return errors;
}

/** `analytics` of POST /cameras: rate and confidence always, the rest where it is not the default. */
export function toAnalytics(values: AnalysisValues): AnalyticsInput {
  const gate = motionGateOf(values);
  const thresholds = thresholdsOf(values);
  return {
    ...(values.model === '' ? {} : { model: values.model }),
    fps: Number(values.fps),
    confidence: Number(values.confidence),
    ...(values.tracker === DEFAULT_ANALYSIS.tracker ? {} : { tracker: trackerOf(values) }),
    ...(values.classes.length === 0 ? {} : { classes: [...values.classes] }),
    ...(Object.keys(thresholds).length === 0 ? {} : { thresholds }),
    ...(isSame(values.priority, DEFAULT_ANALYSIS.priority) ? {} : { priority: Number(values.priority) }),
    ...(gate ? { motionGate: gate } : {}),
  };
}

/** `analytics` of PATCH /cameras/{id}: null restores a default, or takes a threshold away. */
export type AnalyticsPatch = Omit<AnalyticsInput, 'model' | 'thresholds' | 'motionGate'> & {
  model?: string | null;
  thresholds?: Record<string, number | null>;
  motionGate?: AnalyticsInput['motionGate'] | null;
};

/**
 * What was changed, or undefined.
 *
 * A tracker goes by its name alone and only when another was chosen, so that one keeps the numbers it was given
 * elsewhere. The gate is sent whole when it is another than shown before, also when only its default became
 * another one with the source.
 *
 * @param wasLive, isLive whether the source before and now is live or stands for it
 */
export function analyticsPatch(
  before: AnalysisValues,
  values: AnalysisValues,
  wasLive: boolean,
  isLive: boolean,
): AnalyticsPatch | undefined {
  const patch: AnalyticsPatch = {};
  if (values.model !== before.model) patch.model = values.model || null;
  for (const key of ['fps', 'confidence', 'priority'] as const) {
    if (!isSame(values[key], before[key])) patch[key] = Number(values[key]);
  }
  if (values.tracker !== before.tracker) patch.tracker = trackerOf(values);
  if (JSON.stringify(values.classes) !== JSON.stringify(before.classes)) patch.classes = [...values.classes];
  const thresholds = thresholdChanges(thresholdsOf(before), thresholdsOf(values));
  if (Object.keys(thresholds).length > 0) patch.thresholds = thresholds;
  if (
    values.motionGate !== before.motionGate ||
    gateIsOn(values, isLive) !== gateIsOn(before, wasLive) ||
    !isSame(values.heartbeatSeconds, before.heartbeatSeconds)
  ) {
    patch.motionGate = motionGateOf(values) ?? null;
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}

function thresholdChanges(
  before: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
): Record<string, number | null> {
  const gone = Object.keys(before).filter((label) => !Object.hasOwn(now, label));
  return Object.fromEntries([
    ...Object.entries(now).filter(([label, confidence]) => before[label] !== confidence),
    ...gone.map((label) => [label, null] as const),
  ]);
}

function thresholdsOf({ thresholds }: AnalysisValues): Record<string, number> {
  const rows = thresholds.filter((row) => !isBlank(row));
  return Object.fromEntries(rows.map(({ label, confidence }) => [label.trim(), Number(confidence)]));
}

function motionGateOf({ motionGate, heartbeatSeconds }: AnalysisValues): AnalyticsInput['motionGate'] {
  const usual = isSame(heartbeatSeconds, DEFAULT_ANALYSIS.heartbeatSeconds);
  if (motionGate === null && usual) return undefined;
  return {
    ...(motionGate === null ? {} : { enabled: motionGate }),
    ...(usual ? {} : { heartbeatSeconds: Number(heartbeatSeconds) }),
  };
}

function trackerOf({ tracker }: AnalysisValues): NonNullable<AnalyticsInput['tracker']> {
  return { name: tracker } as NonNullable<AnalyticsInput['tracker']>; // the hub knows the names
}

function noLabel(model: string, labels: readonly string[]): string {
  return `${model} has no label ${labels.map((label) => JSON.stringify(label)).join(', ')}.`;
}

function isBlank({ label, confidence }: ThresholdRow): boolean {
  return label.trim() === '' && confidence.trim() === '';
}

function isSame(a: string, b: string): boolean {
  return Number(a) === Number(b);
}

function inRange(text: string, low: number, high: number): boolean {
  const value = Number(text);
  return text.trim() !== '' && value >= low && value <= high;
}
