import type { Analytics } from '../analytics.ts';
import { type CameraStatus, type Source, sourceWords } from '../camera.ts';

/** A camera as the API answers it. */
export interface CameraAnswer {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly source: Source;
  readonly analytics: Analytics;
  readonly tags: readonly string[];
  readonly managedBy: string;
  readonly status: CameraStatus | null;
}

/** What a person wants to know of one camera, as rows of a name and a value; absent values are left out. */
export function cameraSummary(camera: CameraAnswer): [string, string][] {
  const { source, status, tags } = camera;
  const inEffect = status?.analysis.inEffect;
  const { model, fps, confidence, classes, thresholds, priority, tracker, motionGate } =
    inEffect?.analytics ?? camera.analytics;
  const waiting = inEffect && status.analysis.state !== 'running';
  const rows: [string, string | null | undefined][] = [
    ['id', camera.id],
    ['name', camera.name],
    ['state', camera.enabled ? (status?.state ?? 'unknown') : 'switched off'],
    ['source', sourceWords(source)],
    ['tags', tags.join(', ')],
    ['model', inEffect ? `${inEffect.model}, ${inEffect.provider}, ${inEffect.input}` : model],
    ['asked for', waiting ? `${status.analysis.model} (${status.analysis.state})` : null],
    ['fps', fps === 0 ? 'every frame' : String(fps)],
    ['confidence', String(confidence)],
    ['thresholds', pairs(thresholds)],
    ['classes', classes.length === 0 ? 'all of the model' : classes.join(', ')],
    ['priority', String(priority)],
    ['tracker', pairs(tracker)],
    ['motion gate', gate(motionGate, status)],
    ['analysed', status && `${status.fps.analysed.toFixed(1)} a second, ${status.frames.analysed} in all`],
    ['problem', status?.reason?.message ?? status?.analysis.problem?.message],
  ];
  return rows.filter((row): row is [string, string] => Boolean(row[1]));
}

function gate({ enabled, heartbeatSeconds }: Analytics['motionGate'], status: CameraStatus | null): string {
  if (!enabled) return 'off';
  const state = status?.analysis.motionGate.state;
  return `on, every ${heartbeatSeconds} s while still${state && state !== 'off' ? `; now ${state}` : ''}`;
}

function pairs(values: object): string {
  return Object.entries(values)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
}
