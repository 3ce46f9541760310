import type { Analytics } from '../../../../src/analytics.ts';
import type { CameraStatus, MotionGateStatus } from '../../../../src/camera.ts';
import { formatCount, formatTime } from '../ui/format.ts';
import { trackerTitle } from './trackers.ts';

/** What runs: `yolox-nano@0.1.1 on cpu, 416×256`; null while nothing is analysed. */
export function modelInEffect({ inEffect }: CameraStatus['analysis']): string | null {
  if (!inEffect) return null;
  const input = inEffect.input.replace('x', '×');
  return `${inEffect.model} on ${inEffect.provider}${input ? `, ${input}` : ''}`;
}

/** The model that takes over once it is loaded; null when the one that serves is the one that was asked for. */
export function switchingTo({ state, model, inEffect }: CameraStatus['analysis']): string | null {
  return state === 'loading' && inEffect !== null ? model : null;
}

/** `every frame, priority 5`. */
export function rateWords({ fps, priority }: Analytics): string {
  return `${fps === 0 ? 'every frame' : `${fps} fps`}, priority ${priority}`;
}

/** From which confidence on objects are reported: `0.3; person 0.5`. */
export function thresholdWords({ confidence, thresholds }: Analytics): string {
  const own = Object.entries(thresholds).map(([label, from]) => `${label} ${from}`);
  return own.length === 0 ? String(confidence) : `${confidence}; ${own.join(', ')}`;
}

export function classWords({ classes }: Analytics): string {
  return classes.length === 0 ? 'all of the model' : classes.join(', ');
}

/** The tracker with its own settings: `SORT (iouThreshold 0.3, lostForSeconds 0.2)`. */
export function trackerWords({ tracker }: Analytics): string {
  const { name, ...settings } = tracker;
  const words = Object.entries(settings).map(([key, value]) => `${key} ${value}`);
  return trackerTitle(name) + (words.length === 0 ? '' : ` (${words.join(', ')})`);
}

/** What the motion gate does, and what it has saved. */
export function gateWords(gate: MotionGateStatus, { motionGate }: Analytics): string {
  const saved = gate.skipped > 0 ? `; ${formatCount(gate.skipped)} packets not decoded` : '';
  if (gate.state === 'still') {
    return `still since ${formatTime(gate.sinceMs)}, analysed every ${motionGate.heartbeatSeconds} s${saved}`;
  }
  return gate.state + saved;
}
