import type { Vec3 } from './mesh.ts';

export interface View {
  readonly eye: Vec3;
  readonly target: Vec3;
  /** Of the whole picture's height, degrees. */
  readonly fovDegrees: number;
}

/** A pinhole camera without distortion; pixels from the top-left corner, world coordinates in metres. */
export class Camera {
  readonly eye: Vec3;
  readonly right: Vec3;
  readonly up: Vec3;
  readonly forward: Vec3;
  readonly width: number;
  readonly height: number;
  /** Focal length in pixels. */
  readonly focal: number;

  constructor(view: View, width: number, height: number) {
    const [ex, ey, ez] = view.eye;
    const [fx, fy, fz] = [view.target[0] - ex, view.target[1] - ey, view.target[2] - ez];
    const length = Math.sqrt(fx * fx + fy * fy + fz * fz);
    this.eye = view.eye;
    this.forward = [fx / length, fy / length, fz / length];
    const flat = Math.sqrt(fx * fx + fy * fy);
    this.right = [fy / flat, -fx / flat, 0];
    const [f, r] = [this.forward, this.right];
    this.up = [r[1] * f[2] - r[2] * f[1], r[2] * f[0] - r[0] * f[2], r[0] * f[1] - r[1] * f[0]];
    this.width = width;
    this.height = height;
    this.focal = height / (2 * Math.tan((view.fovDegrees * Math.PI) / 360));
  }

  /** The same camera with `factor` times the pixels in each direction. */
  scaled(factor: number): Camera {
    const copy = Object.create(Camera.prototype) as Camera;
    return Object.assign(copy, this, {
      width: this.width * factor,
      height: this.height * factor,
      focal: this.focal * factor,
    });
  }

  /** Distance along the view, metres; below 0 behind the camera. */
  depth(x: number, y: number, z: number): number {
    const [dx, dy, dz] = [x - this.eye[0], y - this.eye[1], z - this.eye[2]];
    return dx * this.forward[0] + dy * this.forward[1] + dz * this.forward[2];
  }

  /** Writes pixel x, y and 1 / distance along the view; false when the point is not before the camera. */
  project(x: number, y: number, z: number, out: Float32Array | Float64Array, at: number): boolean {
    const depth = this.depth(x, y, z);
    if (depth < NEAR) return false;
    const [dx, dy, dz] = [x - this.eye[0], y - this.eye[1], z - this.eye[2]];
    const scale = this.focal / depth;
    out[at] = this.width / 2 + scale * (dx * this.right[0] + dy * this.right[1] + dz * this.right[2]);
    out[at + 1] = this.height / 2 - scale * (dx * this.up[0] + dy * this.up[1] + dz * this.up[2]);
    out[at + 2] = 1 / depth;
    return true;
  }

  /** The direction through a pixel, of length 1 along the view: eye + direction / inverseDepth is the point. */
  direction(px: number, py: number, out: Float64Array): void {
    const a = (px - this.width / 2) / this.focal;
    const b = (this.height / 2 - py) / this.focal;
    out[0] = this.forward[0] + this.right[0] * a + this.up[0] * b;
    out[1] = this.forward[1] + this.right[1] * a + this.up[1] * b;
    out[2] = this.forward[2] + this.right[2] * a + this.up[2] * b;
  }
}

/** Nothing nearer is drawn, metres. */
export const NEAR = 0.4;
