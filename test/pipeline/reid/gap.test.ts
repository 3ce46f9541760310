import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { pino } from 'pino';
import type { FileSource } from '../../../src/camera.ts';
import { systemClock } from '../../../src/clock.ts';
import { createDetectionBatch, type DetectionBatch } from '../../../src/detection.ts';
import type { Frame } from '../../../src/frame.ts';
import type { Picture } from '../../../src/ingest/picture.ts';
import { runCamera } from '../../../src/ingest/run-camera.ts';
import { loadManifest } from '../../../src/models/manifest.ts';
import { resolveModel } from '../../../src/models/resolve.ts';
import { Detector } from '../../../src/pipeline/detector.ts';
import { CPU_ONLY, Sessions } from '../../../src/pipeline/inference/providers.ts';
import { openSessionRunner } from '../../../src/pipeline/inference/session-runner.ts';
import { AppearanceBatch } from '../../../src/pipeline/reid/appearance-batch.ts';
import { Embedder } from '../../../src/pipeline/reid/embedder.ts';
import { TensorInput } from '../../../src/pipeline/tensor-input.ts';
import { BotSort } from '../../../src/tracking/botsort.ts';
import { ByteTrack } from '../../../src/tracking/bytetrack.ts';
import { DeepSort } from '../../../src/tracking/deepsort.ts';
import type { Appearance, Tracker } from '../../../src/tracking/tracker.ts';
import { missingSharedData, SHARED_DATA, sharedData, TOWN_CENTRE } from '../../support/shared-data.ts';

const quiet = pino({ level: 'silent' });
const open = openSessionRunner(new Sessions(CPU_ONLY, quiet));
/** Every fifth frame is analysed: 5 a second. */
const STEP = 5;
const GAP_FRAMES = 50; // two seconds
const PERSON = 0;
const CONTEXT = { firstId: 1, nominalFrameIntervalMs: 200 };
/** Who counts as there before and after the gap: whoever is seen within a second of it. */
const NEAR_FRAMES = 25;

/** What was found in one frame of the video, its own person for each detection where a reference knows it. */
interface Found {
  readonly ptsMs: number;
  readonly batch: DetectionBatch;
  readonly people: number[];
  readonly appearance: Appearance | undefined;
}

interface Kept {
  /** Over all gaps: people seen on both sides of it. */
  people: number;
  /** Those who have the same id on both sides. */
  kept: number;
  /** Those who have afterwards the id that another had before. */
  taken: number;
}

/**
 * There is no ground truth of this video, but the tracker of place and motion, shown every one of its 332 frames,
 * says who is who: the same detections are then tracked at 5 frames a second with two seconds cut out.
 */
describe('a gap of two seconds in a busy street', {
  skip: missingSharedData(TOWN_CENTRE, 'models/yolox_nano_416.onnx', 'models/osnet_x0_25_msmt17.onnx'),
}, () => {
  let frames: Found[];
  before(async () => {
    frames = await watch();
  });

  it('loses most people without looks, however long tracks are remembered', () => {
    const { people, kept } = throughGaps(
      frames,
      () => new ByteTrack({ trackThreshold: 0.4, newTrackThreshold: 0.5, lostForMs: 3000 }, CONTEXT),
      false,
    );
    assert.ok(people > 80, `${people} people on both sides`);
    assert.ok(kept / people < 0.5, `${kept} of ${people} kept`);
  });

  for (const [name, make, least, gain] of [
    ['DeepSORT', () => new DeepSort({ trackThreshold: 0.4 }, CONTEXT), 0.7, 1.5],
    ['BoT-SORT', () => new BotSort({ trackThreshold: 0.4 }, CONTEXT), 0.52, 1.3],
  ] as const) {
    it(`keeps more with looks: ${name}`, (t) => {
      const blind = throughGaps(frames, make, false);
      const looking = throughGaps(frames, make, true);
      const share = (of: Kept) => of.kept / of.people;
      const numbers = `with looks ${JSON.stringify(looking)}, without ${JSON.stringify(blind)}`;
      t.diagnostic(numbers);
      assert.ok(share(looking) >= least && share(looking) >= gain * share(blind), numbers);
      assert.ok(looking.taken < blind.taken, numbers);
    });
  }
});

/** Cuts a gap out at many places, each with a new tracker, and adds up who is recognised after it. */
function throughGaps(frames: readonly Found[], make: () => Tracker, looking: boolean): Kept {
  const sum: Kept = { people: 0, kept: 0, taken: 0 };
  for (let from = 65; from + GAP_FRAMES + NEAR_FRAMES < frames.length; from += 15) {
    const tracker = make();
    const [before, after] = [new Map<number, number>(), new Map<number, number>()];
    frames.forEach(({ ptsMs, batch, people, appearance }, n) => {
      if (n % STEP !== 0 || (n >= from && n < from + GAP_FRAMES)) return;
      tracker.update(batch, ptsMs, looking ? appearance : undefined);
      const near =
        n >= from - NEAR_FRAMES && n < from ? before : n < from + GAP_FRAMES + NEAR_FRAMES ? after : null;
      if (n < from - NEAR_FRAMES || !near) return;
      people.forEach((person, i) => {
        if (person > 0 && batch.trackIds[i] > 0) near.set(person, batch.trackIds[i]);
      });
    });
    const owners = new Map([...before].map(([person, id]) => [id, person]));
    for (const [person, id] of before) {
      const now = after.get(person);
      if (now === undefined) continue;
      sum.people++;
      if (now === id) sum.kept++;
      else if (owners.has(now)) sum.taken++;
    }
  }
  return sum;
}

/** Detects people in every frame, tells them apart by tracking every frame, and looks at those that are analysed. */
async function watch(): Promise<Found[]> {
  const manifest = await loadManifest();
  const load = (name: string) => resolveModel(manifest, name, `${SHARED_DATA}models`);
  const detector = await Detector.load(await load('yolox-nano'), open, quiet);
  const embedder = await Embedder.load(await load('osnet-x0-25'), open, quiet);
  const input = new TensorInput();
  const all = createDetectionBatch(300);
  const looks = new AppearanceBatch();
  const reference = new ByteTrack({ trackThreshold: 0.4, newTrackThreshold: 0.5 }, { firstId: 1 });
  const frames: Found[] = [];
  await eachFrame(async (frame) => {
    const size = await detector.inputFor(frame.width, frame.height);
    await detector.detect(input.fill(frame.picture, size, detector.placement), all);
    const batch = peopleOf(all);
    reference.update(batch, frame.ptsMs);
    const people = [...batch.trackIds.subarray(0, batch.count)];
    let appearance: Appearance | undefined;
    if (frames.length % STEP === 0) {
      await embedder.embed(frame.picture, batch, 0.4, looks);
      appearance = { size: looks.size, vectors: looks.vectors.slice(), present: looks.present.slice() };
    }
    frames.push({ ptsMs: frame.ptsMs, batch, people, appearance });
  });
  looks.close();
  input.close();
  await embedder.release();
  await detector.release();
  return frames;
}

function peopleOf(all: DetectionBatch): DetectionBatch {
  const batch = createDetectionBatch(64);
  for (let i = 0; i < all.count && batch.count < 64; i++) {
    if (all.classIds[i] !== PERSON) continue;
    batch.boxes.set(all.boxes.subarray(i * 4, i * 4 + 4), batch.count * 4);
    batch.confidences[batch.count++] = all.confidences[i];
  }
  return batch;
}

/** Every frame of the video, one after another. */
async function eachFrame(use: (frame: Frame<Picture>) => Promise<void>): Promise<void> {
  const source: FileSource = { kind: 'file', path: sharedData(TOWN_CENTRE), pace: 'fast' };
  const stop = new AbortController();
  let failure: unknown;
  let last: Promise<void> = Promise.resolve(); // several frames may be decoded ahead; they are used in turn
  await runCamera(source, {
    clock: systemClock,
    log: quiet,
    signal: stop.signal,
    counters: { received: 0, decoded: 0, decodeMs: 0 },
    publish: (frame) => {
      last = last
        .then(() => use(frame))
        .catch((err) => {
          failure ??= err;
          stop.abort();
        })
        .finally(() => frame.release());
    },
    onState: () => undefined,
  });
  if (failure) throw failure;
}
