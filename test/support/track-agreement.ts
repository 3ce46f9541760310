import type { MotRow } from './mot-files.ts';

export interface Agreement {
  /** Rows of the reference with a box of ours within the tolerance in the same frame. */
  readonly boxes: number;
  /** Those whose track of ours is the one that this reference track is usually matched with, and the other way round. */
  readonly rows: number;
  readonly referenceRows: number;
  readonly ourRows: number;
  /** Largest difference of a coordinate among the matched boxes, pixels. */
  readonly largestDifference: number;
}

/** Compares two tracking results row by row: a box within `tolerance` pixels on every side, and ids that map one to one. */
export function agreement(reference: MotRow[][], ours: MotRow[][], tolerance: number): Agreement {
  const votes = new Map<string, number>();
  const pairs: [reference: number, ours: number][] = [];
  let largestDifference = 0;
  reference.forEach((rows, frame) => {
    const free = new Set(ours[frame] ?? []);
    for (const row of rows) {
      let best: MotRow | undefined;
      let least = tolerance;
      for (const candidate of free) {
        const difference = Math.max(...row.box.map((v, axis) => Math.abs(v - candidate.box[axis])));
        if (difference <= least) {
          least = difference;
          best = candidate;
        }
      }
      if (!best) continue;
      free.delete(best);
      largestDifference = Math.max(largestDifference, least);
      pairs.push([row.id, best.id]);
      const key = `${row.id}:${best.id}`;
      votes.set(key, (votes.get(key) ?? 0) + 1);
    }
  });
  const ofReference = new Map<number, number>();
  const ofOurs = new Map<number, number>();
  for (const [key] of [...votes].sort((a, b) => b[1] - a[1])) {
    const [id, our] = key.split(':').map(Number);
    if (ofReference.has(id) || ofOurs.has(our)) continue;
    ofReference.set(id, our);
    ofOurs.set(our, id);
  }
  const consistent = pairs.filter(([id, our]) => ofReference.get(id) === our);
  return {
    boxes: pairs.length,
    rows: consistent.length,
    referenceRows: reference.flat().length,
    ourRows: ours.flat().length,
    largestDifference,
  };
}
