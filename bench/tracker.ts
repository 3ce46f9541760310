import { createDetectionBatch } from '../src/detection.ts';
import { ByteTrack } from '../src/tracking/bytetrack.ts';
import { BYTETRACK_PYTHON } from '../src/tracking/bytetrack-options.ts';
import { byFrame, fillBatch, readMotFile } from '../test/support/mot-files.ts';
import { type BenchReport, benchReport, median } from './report.ts';

const ROUNDS = 15;
/** Rounds in which the code is compiled and the arrays grow. */
const WARM_UP_ROUNDS = 5;

export interface TrackerBench {
  /** A MOTChallenge detection file. */
  readonly detections: string;
  say(line: string): void;
}

/** How many frames a second ByteTrack alone tracks on one core, with the parameters of its paper. */
export function benchTracker(bench: TrackerBench): BenchReport {
  const frames = byFrame(readMotFile(bench.detections))
    .slice(1)
    .map((rows) => {
      const batch = createDetectionBatch(Math.max(1, rows.length));
      fillBatch(batch, rows);
      return batch;
    });
  const detections = frames.reduce((sum, { count }) => sum + count, 0);
  bench.say(`${frames.length} frames, ${detections} detections, ${ROUNDS} rounds`);

  const framesPerSecond: number[] = [];
  let tracks = 0;
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    const tracker = new ByteTrack(BYTETRACK_PYTHON);
    const { user: before } = process.cpuUsage();
    const startedMs = performance.now();
    for (let i = 0; i < frames.length; i++) tracker.update(frames[i], (i * 1000) / 30);
    const wallMs = performance.now() - startedMs;
    const cpuMs = (process.cpuUsage().user - before) / 1000;
    // the lesser: a busy neighbour takes wall time, the collector's threads take CPU time that is not ours
    if (round >= WARM_UP_ROUNDS) framesPerSecond.push((frames.length * 1000) / Math.min(wallMs, cpuMs));
    tracks = tracker.lastId;
  }
  return benchReport(
    'tracker',
    { framesPerSecond: median(framesPerSecond), detectionsPerFrame: detections / frames.length, tracks },
    { framesPerSecond: { op: '>=', value: 20_000 } },
  );
}
