import type { CameraStatus } from '../../../../src/camera.ts';
import { switchingTo } from '../camera/analysis-words.ts';

/** What is worth knowing of a picture that is there. */
export interface Remark {
  readonly tone: 'quiet' | 'warn';
  readonly text: string;
}

/**
 * Remarks at the edge of a live picture: why it moves in steps, which model comes next, and what is wrong with
 * the settings although frames are analysed.
 */
export function stageRemarks({ state, analysis }: CameraStatus): readonly Remark[] {
  const { motionGate, inEffect, problem } = analysis;
  if (state !== 'live' || !inEffect) return [];
  const remarks: Remark[] = [];
  if (problem) remarks.push({ tone: 'warn', text: problem.message });
  const next = switchingTo(analysis);
  if (next) remarks.push({ tone: 'quiet', text: `Switching to ${next}…` });
  if (motionGate.state === 'still') {
    const { heartbeatSeconds } = inEffect.analytics.motionGate;
    remarks.push({ tone: 'quiet', text: `Still: analysed every ${heartbeatSeconds} s` });
  }
  return remarks;
}
