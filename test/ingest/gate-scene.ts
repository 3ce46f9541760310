import { MotionGate, type MotionGateSettings } from '../../src/ingest/motion-gate.ts';
import { THUMBNAIL } from '../../src/ingest/picture-change.ts';

export interface SceneOptions {
  readonly fps?: number;
  /** Distance of key frames in frames; 0: only the first. */
  readonly gop?: number;
  readonly settings?: Partial<MotionGateSettings>;
  /** Size of a packet that is no key frame. */
  readonly bytes?: (frame: { n: number; moving: boolean; ptsMs: number }) => number;
  /** Light of the picture, grey levels. */
  readonly light?: (ptsMs: number) => number;
  /** Frames between an analysis of a picture and the next. */
  readonly analyseEvery?: number;
  /** How many packets ahead of the others each fourth is sent, as with B-frames. */
  readonly reorder?: boolean;
}

export interface SceneFrame {
  readonly n: number;
  readonly verdict: 'decode' | 'hold' | 'look';
  readonly key: boolean;
  /** Undefined: not decoded. */
  readonly shown: boolean | undefined;
  readonly state: string;
  readonly resting: boolean;
}

/** A camera whose packets and pictures are made up, and the gate they are told to. */
export function gatedScene(options: SceneOptions = {}) {
  const { fps = 25, gop = 25, settings, analyseEvery = 5, light = () => 0, reorder = false } = options;
  const bytes = options.bytes ?? (({ n, moving }) => (moving ? 4_000 : 300) + ((n * 37) % 90));
  const gate = new MotionGate({ enabled: true, heartbeatSeconds: 2, ...settings });
  const thumbnail = new Uint8Array(THUMBNAIL.width * THUMBNAIL.height);
  let n = 0;
  let place = 0;
  let shownCount = 0;
  const draw = (ptsMs: number): Uint8Array => {
    thumbnail.fill(100 + light(ptsMs));
    for (let y = 10; y < 20; y++)
      thumbnail.fill(220, y * THUMBNAIL.width + place, y * THUMBNAIL.width + place + 6);
    return thumbnail;
  };
  /** One frame; `moving` moves the object in it. */
  const frame = (moving: boolean, { analysed = true }: { analysed?: boolean } = {}): SceneFrame => {
    const at = n++;
    if (moving) place = (place + 2) % 56;
    const ahead = reorder && at % 4 === 1 ? 3 : reorder && at % 4 !== 0 ? -1 : 0;
    const ptsMs = ((at + ahead) * 1000) / fps;
    const key = gop > 0 ? at % gop === 0 : at === 0;
    const verdict = gate.packet({
      bytes: key ? 20_000 : bytes({ n: at, moving, ptsMs }),
      key,
      disposable: false,
      ptsMs,
    });
    let shown: boolean | undefined;
    if (verdict !== 'hold') shown = gate.wantsPicture ? gate.picture(draw(ptsMs)) : true;
    if (shown && analysed && (gate.state === 'still' || shownCount++ % analyseEvery === 0)) {
      gate.observed({ changed: moving });
    }
    return { n: at, verdict, key, shown, state: gate.state, resting: gate.resting };
  };
  return {
    gate,
    frame,
    /** `seconds` of frames. */
    play(seconds: number, moving: boolean, how?: { analysed?: boolean }): SceneFrame[] {
      return Array.from({ length: Math.round(seconds * fps) }, () => frame(moving, how));
    },
    /** Lets something move and stand still again until the gate relies on sizes, if it ever does. */
    prove(times = 4): void {
      for (let i = 0; i < times; i++) {
        for (let k = 0; k < fps * 5; k++) frame(false);
        for (let k = 0; k < fps; k++) frame(true);
      }
      for (let k = 0; k < fps * 5; k++) frame(false);
    },
  };
}
