import { createDetectionBatch, type DetectionBatch } from '../src/detection.ts';
import type { TrackerName, TrackerSettings } from '../src/tracker-settings.ts';
import { createTracker } from '../src/tracking/create-tracker.ts';
import { byFrame, fillBatch, readMotFile } from '../test/support/mot-files.ts';
import { seeded } from '../test/support/seeded.ts';
import { type BenchReport, benchReport, median } from './report.ts';

const ROUNDS = 15;
/** Rounds in which the code is compiled and the arrays grow. */
const WARM_UP_ROUNDS = 5;
const FPS = 30;
/** The confidence from which the references take a detection for strong. */
const TRACK_THRESHOLD = 0.6;
const CROWD = 500;
const CROWD_FRAMES = 120;

export interface TrackerBench {
  /** A MOTChallenge detection file; null measures only the crowd that needs none. */
  readonly detections: string | null;
  /** How often each is measured; the median counts. */
  readonly rounds?: number;
  say(line: string): void;
}

/**
 * How many frames a second one core tracks: ByteTrack and the default tracker on recorded detections, and on a made-up
 * crowd of 500, the same in every run.
 */
export function benchTracker({ detections, rounds = ROUNDS, say }: TrackerBench): BenchReport {
  const metrics: Record<string, number> = {};
  if (detections === null)
    say('no recorded detections beside the project: only the made-up crowd is measured');
  else {
    const frames = recorded(detections);
    const found = frames.reduce((sum, { count }) => sum + count, 0);
    say(`${frames.length} frames, ${found} detections, ${rounds} rounds`);
    metrics.detectionsPerFrame = found / frames.length;
    const bytetrack = measure('bytetrack', frames, rounds);
    metrics.framesPerSecond = bytetrack.framesPerSecond;
    metrics.tracks = bytetrack.tracks;
    metrics.defaultFramesPerSecond = measure('sightline', frames, rounds).framesPerSecond;
  }
  say(`${CROWD_FRAMES} frames of a crowd of ${CROWD}`);
  const scene = crowd();
  metrics.crowdDetectionsPerFrame = scene.reduce((sum, { count }) => sum + count, 0) / scene.length;
  metrics.crowdFramesPerSecond = measure('bytetrack', scene, rounds).framesPerSecond;
  metrics.crowdDefaultFramesPerSecond = measure('sightline', scene, rounds).framesPerSecond;
  return benchReport('tracker', metrics, {
    framesPerSecond: { op: '>=', value: 20_000 },
    crowdFramesPerSecond: { op: '>=', value: 500 },
  });
}

function measure(
  name: TrackerName,
  frames: readonly DetectionBatch[],
  rounds: number,
): { framesPerSecond: number; tracks: number } {
  const framesPerSecond: number[] = [];
  let tracks = 0;
  const warmUp = Math.min(WARM_UP_ROUNDS, rounds);
  for (let round = 0; round < warmUp + rounds; round++) {
    const settings = { name, trackThreshold: TRACK_THRESHOLD } as TrackerSettings;
    const tracker = createTracker(settings, { firstId: 1, nominalFrameIntervalMs: 1000 / FPS });
    const { user: before } = process.cpuUsage();
    const startedMs = performance.now();
    for (let i = 0; i < frames.length; i++) tracker.update(frames[i], (i * 1000) / FPS);
    const wallMs = performance.now() - startedMs;
    const cpuMs = (process.cpuUsage().user - before) / 1000;
    // the lesser: a busy neighbour takes wall time, the collector's threads take CPU time that is not ours
    if (round >= warmUp) framesPerSecond.push((frames.length * 1000) / Math.min(wallMs, cpuMs));
    tracks = tracker.lastId;
  }
  return { framesPerSecond: median(framesPerSecond), tracks };
}

function recorded(detections: string): DetectionBatch[] {
  return byFrame(readMotFile(detections))
    .slice(1)
    .map((rows) => {
      const batch = createDetectionBatch(Math.max(1, rows.length));
      fillBatch(batch, rows);
      return batch;
    });
}

/** 500 people on a 4K picture who cross one another, go unseen now and then, and are at times weak; and false finds. */
function crowd(): DetectionBatch[] {
  const random = seeded(2026);
  const people = Array.from({ length: CROWD }, () => ({
    x: random() * 3800,
    y: random() * 2000,
    width: 25 + random() * 35,
    speedX: (random() - 0.5) * 8,
    speedY: (random() - 0.5) * 4,
  }));
  return Array.from({ length: CROWD_FRAMES }, () => {
    const batch = createDetectionBatch(CROWD * 2);
    const add = (x: number, y: number, width: number, confidence: number): void => {
      const i = batch.count++;
      batch.boxes.set([x, y, width, width * 2.5], i * 4);
      batch.confidences[i] = confidence;
    };
    for (const person of people) {
      person.x = (person.x + person.speedX + 3840) % 3840;
      person.y = (person.y + person.speedY + 2160) % 2160;
      const seen = random();
      if (seen > 0.05)
        add(person.x + random() * 3, person.y + random() * 3, person.width, seen < 0.15 ? 0.35 : 0.9);
    }
    for (let i = 0; i < 10; i++) add(random() * 3800, random() * 2000, 30, 0.2 + random() * 0.5);
    return batch;
  });
}
