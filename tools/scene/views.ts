import { halfWidth, type Layout } from './layout.ts';
import { addBuildings } from './models/buildings.ts';
import { addFurniture, type Furniture } from './models/street.ts';
import { Random } from './random.ts';
import { Batch } from './render/batch.ts';
import { Camera, type View } from './render/camera.ts';
import { createTarget, drawTriangle } from './render/raster.ts';

/** A camera as people mount them: on a pole or a wall over a pavement or a square, looking down at the street. */
export function randomView(layout: Layout, still: Batch, random: Random): View {
  const [h1, h2] = [halfWidth(layout.eastWest), halfWidth(layout.northSouth)];
  for (;;) {
    const target = [random.normal() * 9, random.normal() * 9, random.between(0, 1)] as const;
    const distance = random.between(13, 40);
    const azimuth = random.between(0, 2 * Math.PI);
    const height = random.between(3.5, 6) + distance * random.between(0, 0.2);
    const eye = [
      target[0] + Math.cos(azimuth) * distance,
      target[1] + Math.sin(azimuth) * distance,
      height,
    ] as const;
    const [beyondX, beyondY] = [
      Math.abs(eye[0]) - h2 - layout.pavement,
      Math.abs(eye[1]) - h1 - layout.pavement,
    ];
    if (beyondX > -0.6 && beyondY > -0.6) {
      const corner = layout.corners[`${eye[1] > 0 ? 'north' : 'south'}-${eye[0] > 0 ? 'east' : 'west'}`];
      if (corner === 'buildings' || beyondX > 22 || beyondY > 22) continue;
    }
    const view: View = { eye, target, fovDegrees: random.between(32, 58) };
    if (closeShare(still, view) < 0.1) return view;
  }
}

/**
 * A camera as cities mount them at junctions: on a high pole at a corner, looking down, so that people are tall in the
 * picture and little is seen beyond the junction's arms.
 */
export function poleView(layout: Layout, furniture: readonly Furniture[], random: Random): View {
  const still = new Batch();
  addBuildings(still, layout, false, new Random(0));
  addFurniture(still, furniture, false, new Random(0));
  const [h1, h2] = [halfWidth(layout.eastWest), halfWidth(layout.northSouth)];
  for (;;) {
    const [sx, sy] = [random.chance(0.5) ? 1 : -1, random.chance(0.5) ? 1 : -1];
    const eye = [
      sx * (h2 + random.between(1, layout.pavement + 2)),
      sy * (h1 + random.between(1, layout.pavement + 2)),
      random.between(6.5, 9.5),
    ] as const;
    const away = random.between(9, 18);
    const azimuth = Math.atan2(-eye[1], -eye[0]) + random.normal() * 0.45;
    const target = [eye[0] + Math.cos(azimuth) * away, eye[1] + Math.sin(azimuth) * away, 0] as const;
    const view: View = { eye, target, fovDegrees: random.between(38, 48) };
    if (closeShare(still, view) < 0.05) return view;
  }
}

/** Share of the picture that something nearer than a few metres fills: a tree before the lens, a wall. */
function closeShare(still: Batch, view: View): number {
  const camera = new Camera(view, 64, 36);
  const target = createTarget(64, 36);
  const corners = new Float64Array(9);
  for (let t = 0; t < still.triangles; t++) {
    let visible = true;
    for (let k = 0; k < 9 && visible; k += 3) {
      const p = t * 9 + k;
      visible = camera.project(
        still.positions[p]!,
        still.positions[p + 1]!,
        still.positions[p + 2]!,
        corners,
        k,
      );
    }
    if (visible) drawTriangle(target, corners, 0, t, false);
  }
  let close = 0;
  for (const inverse of target.inverseDepth) if (inverse > 1 / 7) close++;
  return close / target.inverseDepth.length;
}
