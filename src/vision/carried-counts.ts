import { DROP_REASONS } from '../frame.ts';
import { STAGES } from '../stages.ts';
import type { WorkerCameraStatus } from './worker-protocol.ts';

/**
 * What was counted for cameras by workers that failed, so that their frames stay counted when another worker
 * counts from 0: a counter that a user watches never runs backwards for it.
 */
export class CarriedCounts {
  readonly #before = new Map<string, WorkerCameraStatus>();

  /** The last word of a worker on a camera, as it counted. */
  keep(last: WorkerCameraStatus): void {
    this.#before.set(last.status.cameraId, this.add(last));
  }

  /** The camera was removed, or starts anew by its user's wish. */
  forget(cameraId: string): void {
    this.#before.delete(cameraId);
  }

  /** A status with what was counted before. */
  add(now: WorkerCameraStatus): WorkerCameraStatus {
    const before = this.#before.get(now.status.cameraId);
    if (!before) return now;
    const { dropped, ...counts } = now.status.frames;
    const earlier = before.status.frames;
    const frames = {
      received: counts.received + earlier.received,
      damaged: counts.damaged + earlier.damaged,
      decoded: counts.decoded + earlier.decoded,
      analysed: counts.analysed + earlier.analysed,
      dropped: { ...dropped },
    };
    for (const reason of DROP_REASONS) frames.dropped[reason] += earlier.dropped[reason];
    const stages = { ...now.stages };
    for (const stage of STAGES) {
      const [mine, theirs] = [now.stages[stage], before.stages[stage]];
      stages[stage] = {
        counts: mine.counts.map((count, bucket) => count + theirs.counts[bucket]),
        sumMs: mine.sumMs + theirs.sumMs,
      };
    }
    const { analysis } = now.status;
    const gated = before.status.analysis.motionGate;
    const motionGate = {
      ...analysis.motionGate,
      skipped: analysis.motionGate.skipped + gated.skipped,
      withheld: analysis.motionGate.withheld + gated.withheld,
    };
    return { ...now, status: { ...now.status, frames, analysis: { ...analysis, motionGate } }, stages };
  }
}
