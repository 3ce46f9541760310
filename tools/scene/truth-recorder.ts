import { type Condition, TRUTH_SAMPLE, type Truth, type TruthObject } from '../../src/demo/truth.ts';
import { type GroundLine, type GroundPath, type GroundZone, groundEvents } from './ground-events.ts';
import { labelOf } from './label.ts';
import type { Camera } from './render/camera.ts';
import type { Sighting } from './render/picture.ts';
import type { Present } from './scene.ts';
import { SAMPLE } from './traffic-types.ts';

interface Seen {
  readonly id: number;
  readonly first: Present;
  readonly firstFrame: number;
  readonly samples: number[];
  readonly path: [number, number][];
  lastFrame: number;
}

export interface ClipFacts {
  readonly name: string;
  readonly seed: number;
  readonly condition: Condition;
  readonly fps: number;
  readonly frames: number;
  readonly lines: readonly GroundLine[];
  readonly zones: readonly GroundZone[];
}

/** Gathers what every frame shows into a clip's truth. */
export class TruthRecorder {
  readonly #camera: Camera;
  readonly #facts: ClipFacts;
  readonly #lines: Truth['lines'];
  readonly #zones: Truth['zones'];
  /** By agent and pass; one that leaves the picture and comes back is another object. */
  readonly #open = new Map<string, Seen>();
  readonly #all: Seen[] = [];

  constructor(camera: Camera, facts: ClipFacts) {
    this.#camera = camera;
    this.#facts = facts;
    this.#lines = facts.lines.map(({ name, points }) => ({
      name,
      points: points.map((point) => this.#inPicture(point)),
    }));
    this.#zones = facts.zones.map(({ name, polygon }) => ({
      name,
      polygon: polygon.map((point) => this.#inPicture(point)),
    }));
  }

  /** `shiftX`, `shiftY`: how far the shaken picture has moved, pixels. */
  add(
    frame: number,
    present: readonly Present[],
    sightings: readonly Sighting[],
    shiftX: number,
    shiftY: number,
  ): void {
    const { width, height } = this.#camera;
    present.forEach((one, i) => {
      const { whole, seen, visible } = sightings[i] as Sighting;
      const box = cut(whole, shiftX, shiftY, width, height);
      if (whole.w === 0 || box.w <= 0 || box.h <= 0) return;
      const key = `${one.agent.id} ${one.pass}`;
      let object = this.#open.get(key);
      if (!object || object.lastFrame !== frame - 1) {
        object = {
          id: this.#all.length + 1,
          first: one,
          firstFrame: frame,
          samples: [],
          path: [],
          lastFrame: frame,
        };
        this.#open.set(key, object);
        this.#all.push(object);
      }
      object.lastFrame = frame;
      const part = seen.w > 0 ? cut(seen, shiftX, shiftY, width, height) : { x: 0, y: 0, w: 0, h: 0 };
      for (const { x, y, w, h } of [box, part])
        object.samples.push(Math.round(x * 10), Math.round(y * 10), Math.round(w * 10), Math.round(h * 10));
      object.samples.push(
        Math.round(visible * 1000),
        Math.round(one.x * 100),
        Math.round(one.y * 100),
        Math.round(one.speed * 100),
      );
      object.path.push([one.x, one.y]);
    });
  }

  finish(): Truth {
    const { name, seed, condition, fps, frames, lines, zones } = this.#facts;
    // what never shows at all is not in the picture
    const shown = this.#all.filter(({ samples }) =>
      samples.some((value, i) => i % TRUTH_SAMPLE === 8 && value > 0),
    );
    const ids = new Map(shown.map((object, i) => [object.id, i + 1]));
    const objects = shown.map((object): TruthObject => {
      const next = this.#continuation(object, shown, frames);
      return {
        id: ids.get(object.id) as number,
        label: labelOf(object.first.agent.kind),
        kind: object.first.agent.kind,
        behaviour: object.first.agent.behaviour,
        firstFrame: object.firstFrame,
        samples: object.samples,
        ...(next && { continuesAs: ids.get(next.id) as number }),
      };
    });
    const paths = shown.map(
      ({ id, firstFrame, path }): GroundPath => ({ object: ids.get(id) as number, firstFrame, points: path }),
    );
    return {
      version: 1,
      name,
      seed,
      condition,
      width: this.#camera.width,
      height: this.#camera.height,
      fps,
      frames,
      objects,
      lines: this.#lines,
      zones: this.#zones,
      events: groundEvents(paths, lines, zones, fps),
    };
  }

  /** The object that shows the same agent when the loop begins again: what stays for the whole loop is its own. */
  #continuation(object: Seen, shown: readonly Seen[], frames: number): Seen | undefined {
    if (object.lastFrame !== frames - 1) return undefined;
    const { agent, pass } = object.first;
    // one that stays has a sample for each frame and one more; in the next round it is in its first pass again
    const stays = agent.startMs === 0 && agent.samples.length / SAMPLE - 1 === frames;
    return shown.find(
      (other) =>
        other.firstFrame === 0 &&
        other.first.agent.id === agent.id &&
        other.first.pass === (stays ? pass : pass + 1),
    );
  }

  #inPicture([x, y]: readonly [number, number]): readonly [number, number] {
    const at = new Float64Array(3);
    if (!this.#camera.project(x, y, 0, at, 0))
      throw new Error(`the point ${x}, ${y} of a line or zone is behind the camera: move it into its view`);
    const fraction = (v: number, of: number): number => Math.round((v / of) * 1e4) / 1e4;
    return [fraction(at[0]!, this.#camera.width), fraction(at[1]!, this.#camera.height)];
  }
}

function cut(
  box: { x: number; y: number; w: number; h: number },
  shiftX: number,
  shiftY: number,
  width: number,
  height: number,
): { x: number; y: number; w: number; h: number } {
  const x = Math.max(0, box.x + shiftX);
  const y = Math.max(0, box.y + shiftY);
  return {
    x,
    y,
    w: Math.min(width, box.x + shiftX + box.w) - x,
    h: Math.min(height, box.y + shiftY + box.h) - y,
  };
}
