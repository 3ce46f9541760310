import type { TruthEvent } from '../../src/demo/truth.ts';

type Point = readonly [x: number, y: number];

/** A line on the ground, metres; who goes from its left to its right (seen from `points[0]`) crosses it in direction `a-b`. */
export interface GroundLine {
  readonly name: string;
  readonly points: readonly [Point, Point];
}

/** A polygon on the ground, metres. */
export interface GroundZone {
  readonly name: string;
  readonly polygon: readonly Point[];
}

/** Where something stood on the ground, frame by frame: x, y in metres. */
export interface GroundPath {
  readonly object: number;
  readonly firstFrame: number;
  readonly points: readonly Point[];
}

/**
 * What follows from paths by geometry alone: each path is a chain of straight pieces from frame to frame, and an event
 * happens where a piece meets a line or a zone's edge. Who is in a zone in its first frame has entered it then, and who
 * is in one in its last frame has left it then. Times: media time, milliseconds; ordered by time, then by object.
 */
export function groundEvents(
  paths: readonly GroundPath[],
  lines: readonly GroundLine[],
  zones: readonly GroundZone[],
  fps: number,
): TruthEvent[] {
  const events: TruthEvent[] = [];
  const frameMs = 1000 / fps;
  for (const { object, firstFrame, points } of paths) {
    const timeOf = (i: number): number => Math.round((firstFrame + i) * frameMs);
    for (const { name, points: ends } of lines) {
      for (let i = 0; i + 1 < points.length; i++) {
        const at = crossing(points[i] as Point, points[i + 1] as Point, ends);
        if (!at) continue;
        events.push({
          type: 'line.crossed',
          atMs: timeOf(i + at.share),
          object,
          line: name,
          direction: at.direction,
        });
      }
    }
    for (const { name, polygon } of zones) {
      let sinceMs: number | undefined;
      points.forEach((point, i) => {
        const inside = contains(polygon, point);
        if (inside && sinceMs === undefined) {
          sinceMs = timeOf(i);
          events.push({ type: 'zone.entered', atMs: sinceMs, object, zone: name });
        } else if (!inside && sinceMs !== undefined) {
          events.push({
            type: 'zone.left',
            atMs: timeOf(i),
            object,
            zone: name,
            dwellMs: timeOf(i) - sinceMs,
          });
          sinceMs = undefined;
        }
      });
      if (sinceMs !== undefined) {
        const atMs = timeOf(points.length - 1);
        events.push({ type: 'zone.left', atMs, object, zone: name, dwellMs: atMs - sinceMs });
      }
    }
  }
  return events.sort((a, b) => a.atMs - b.atMs || a.object - b.object);
}

/** Where on the way from `p` to `q` a line is crossed (0 to 1), and in which direction. */
function crossing(
  p: Point,
  q: Point,
  [a, b]: readonly [Point, Point],
): { share: number; direction: 'a-b' | 'b-a' } | undefined {
  const before = side(a, b, p);
  const after = side(a, b, q);
  // on the line counts as its right side, so that a path over a point on it crosses once
  if (before > 0 === after > 0) return undefined;
  const [from, to] = [side(p, q, a), side(p, q, b)];
  if (from > 0 === to > 0) return undefined;
  return { share: before / (before - after), direction: before > 0 ? 'a-b' : 'b-a' };
}

/** Positive when `p` lies to the left of the way from `a` to `b`. */
function side(a: Point, b: Point, p: Point): number {
  return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
}

/** Whether a polygon contains a point (even-odd rule). */
export function contains(polygon: readonly Point[], [x, y]: Point): boolean {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i] as Point;
    const [xj, yj] = polygon[j] as Point;
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
