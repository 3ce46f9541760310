import { Assignment, assign } from '../assignment.ts';
import { DenseIndex, type Pairs } from './dense-index.ts';

/**
 * The greatest sum of `weights` over pairs of which no two share an object or a track; exact. Weights of 0 add nothing.
 *
 * Objects and tracks that no chain of weighted pairs connects do not compete, so each such group is an assignment of its
 * own: one over all would need a table of every object with every track.
 */
export function heaviestMatching(pairs: Pairs, weights: Float64Array): number {
  const assignment = new Assignment();
  let total = 0;
  for (const group of groupsOf(pairs, weights)) {
    const rowOf = new DenseIndex();
    const colOf = new DenseIndex();
    const cells = group.map((pair) => ({
      row: rowOf.of(pairs.truth[pair]),
      col: colOf.of(pairs.tracks[pair]),
      weight: weights[pair],
    }));
    // the assignment's time grows with the square of the rows and only in proportion to the columns
    const upright = rowOf.size <= colOf.size;
    const [rows, cols] = upright ? [rowOf.size, colOf.size] : [colOf.size, rowOf.size];
    const cost = new Float64Array(rows * cols);
    for (const { row, col, weight } of cells) cost[upright ? row * cols + col : col * cols + row] = -weight;
    assign(cost, rows, cols, 0, assignment);
    for (let row = 0; row < rows; row++) {
      const col = assignment.colOfRow[row];
      if (col >= 0) total -= cost[row * cols + col];
    }
  }
  return total;
}

/** The weighted pairs, in groups that have neither an object nor a track in common. */
function groupsOf({ count, truth, tracks }: Pairs, weights: Float64Array): number[][] {
  /** Disjoint sets of pairs; each points towards the set's representative. */
  const parent = Int32Array.from({ length: count }, (_, pair) => pair);
  const find = (pair: number): number => {
    let root = pair;
    while (parent[root] !== root) root = parent[root] = parent[parent[root]];
    return root;
  };
  const firstOfTruth = new Map<number, number>();
  const firstOfTrack = new Map<number, number>();
  const join = (pair: number, firsts: Map<number, number>, index: number): void => {
    const first = firsts.get(index);
    if (first === undefined) firsts.set(index, pair);
    else parent[find(pair)] = find(first);
  };
  for (let pair = 0; pair < count; pair++) {
    if (weights[pair] === 0) continue;
    join(pair, firstOfTruth, truth[pair]);
    join(pair, firstOfTrack, tracks[pair]);
  }
  const groups = new Map<number, number[]>();
  for (let pair = 0; pair < count; pair++) {
    if (weights[pair] === 0) continue;
    const root = find(pair);
    const group = groups.get(root);
    if (group) group.push(pair);
    else groups.set(root, [pair]);
  }
  return [...groups.values()];
}
