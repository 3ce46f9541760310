/** A point of a polyline that becomes a path; `radius` rounds it, as far as its neighbours leave room. */
export interface Vertex {
  readonly x: number;
  readonly y: number;
  readonly radius?: number;
}

interface Piece {
  readonly s: number;
  readonly length: number;
  readonly x: number;
  readonly y: number;
  readonly heading: number;
  /** 1/m, positive to the left; 0: straight. */
  readonly curvature: number;
}

/** Where a path is at some distance from its start. */
export interface PathPoint {
  x: number;
  y: number;
  heading: number;
}

/** A curve of straight lines and arcs, in metres along it (`s`) and metres to the left of it. */
export class Path {
  readonly length: number;
  readonly #pieces: readonly Piece[];
  /** Where each vertex came to lie, along the path. */
  readonly vertexS: readonly number[];

  private constructor(pieces: readonly Piece[], vertexS: readonly number[]) {
    this.#pieces = pieces;
    this.vertexS = vertexS;
    const last = pieces[pieces.length - 1] as Piece;
    this.length = last.s + last.length;
  }

  /** Through the ends of a polyline, its corners rounded by arcs. */
  static through(vertices: readonly Vertex[]): Path {
    const pieces: Piece[] = [];
    const vertexS: number[] = [0];
    let s = 0;
    let { x, y } = vertices[0] as Vertex;
    const straight = (toX: number, toY: number, heading: number): void => {
      const length = (toX - x) * Math.cos(heading) + (toY - y) * Math.sin(heading);
      if (length > 1e-9) {
        pieces.push({ s, length, x, y, heading, curvature: 0 });
        s += length;
      }
      x = toX;
      y = toY;
    };
    for (let i = 1; i < vertices.length; i++) {
      const [before, here, after] = [vertices[i - 1] as Vertex, vertices[i] as Vertex, vertices[i + 1]];
      const heading = Math.atan2(here.y - before.y, here.x - before.x);
      if (!after) {
        straight(here.x, here.y, heading);
        vertexS.push(s);
        break;
      }
      const next = Math.atan2(after.y - here.y, after.x - here.x);
      const turn = wrapAngle(next - heading);
      const half = Math.tan(Math.abs(turn) / 2);
      const room =
        0.499 *
        Math.min(
          Math.hypot(here.x - before.x, here.y - before.y),
          Math.hypot(after.x - here.x, after.y - here.y),
        );
      // a long straight side may give more than half of itself to a corner whose other end is the path's end
      const free = vertices.length === 3 ? 2 * room : room;
      const radius = Math.min(here.radius ?? 1, half > 1e-6 ? free / half : 0);
      if (half <= 1e-6 || radius <= 1e-6) {
        straight(here.x, here.y, heading);
        vertexS.push(s);
        continue;
      }
      const cut = radius * half;
      straight(here.x - Math.cos(heading) * cut, here.y - Math.sin(heading) * cut, heading);
      const length = radius * Math.abs(turn);
      pieces.push({ s, length, x, y, heading, curvature: Math.sign(turn) / radius });
      vertexS.push(s + length / 2);
      s += length;
      x = here.x + Math.cos(next) * cut;
      y = here.y + Math.sin(next) * cut;
    }
    return new Path(pieces, vertexS);
  }

  /** The curved stretches. */
  arcs(): { from: number; to: number; radius: number }[] {
    return this.#pieces
      .filter(({ curvature }) => curvature !== 0)
      .map(({ s, length, curvature }) => ({ from: s, to: s + length, radius: 1 / Math.abs(curvature) }));
  }

  /** The point at `s`, which may lie beyond the ends: they go on straight. */
  at(s: number, out: PathPoint): void {
    let i = this.#pieces.length - 1;
    while (i > 0 && s < (this.#pieces[i] as Piece).s) i--;
    const piece = this.#pieces[i] as Piece;
    const d = s - piece.s;
    if (piece.curvature === 0 || d < 0 || d > piece.length + 1e-9) {
      const inside = piece.curvature === 0 ? 0 : Math.min(Math.max(d, 0), piece.length);
      endOf(piece, inside, out);
      const rest = d - inside;
      out.x += Math.cos(out.heading) * rest;
      out.y += Math.sin(out.heading) * rest;
      return;
    }
    endOf(piece, d, out);
  }

  /** The nearest point of the path to (x, y): its `s`, and how far to the left of the path (x, y) lies. */
  project(x: number, y: number, out: { s: number; left: number }): void {
    let best = Number.POSITIVE_INFINITY;
    const count = this.#pieces.length;
    for (let i = 0; i < count; i++) {
      const piece = this.#pieces[i] as Piece;
      const [cos, sin] = [Math.cos(piece.heading), Math.sin(piece.heading)];
      const [dx, dy] = [x - piece.x, y - piece.y];
      let along: number;
      let left: number;
      let off = 0;
      if (piece.curvature === 0) {
        along = dx * cos + dy * sin;
        left = dy * cos - dx * sin;
      } else {
        const k = piece.curvature;
        const radius = 1 / Math.abs(k);
        // from the arc's centre, in the frame of its beginning
        const [fx, fy] = [dx * cos + dy * sin, dy * cos - dx * sin - 1 / k];
        const angle = k > 0 ? Math.atan2(fx, -fy) : Math.atan2(fx, fy);
        along = angle * radius;
        left = (radius - Math.sqrt(fx * fx + fy * fy)) * Math.sign(k);
      }
      const clamped = along < 0 && i > 0 ? 0 : along > piece.length && i < count - 1 ? piece.length : along;
      off = along - clamped;
      const distance = left * left + off * off;
      if (distance < best) {
        best = distance;
        out.s = piece.s + clamped;
        out.left = off === 0 ? left : Math.sign(left || 1) * Math.sqrt(distance);
      }
    }
  }
}

function endOf(piece: Piece, d: number, out: PathPoint): void {
  const k = piece.curvature;
  out.heading = piece.heading + k * d;
  if (k === 0) {
    out.x = piece.x + Math.cos(piece.heading) * d;
    out.y = piece.y + Math.sin(piece.heading) * d;
  } else {
    out.x = piece.x + (Math.sin(out.heading) - Math.sin(piece.heading)) / k;
    out.y = piece.y + (Math.cos(piece.heading) - Math.cos(out.heading)) / k;
  }
}

/** The same angle in [-pi, pi]. */
export function wrapAngle(angle: number): number {
  return angle - Math.round(angle / (2 * Math.PI)) * 2 * Math.PI;
}
