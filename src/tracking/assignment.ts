/** The work arrays and the result of `assign`; they grow as needed and are reused. */
export class Assignment {
  /** The column of each row, -1 for none. */
  colOfRow = new Int32Array(0);
  /** The row of each column, -1 for none. */
  rowOfCol = new Int32Array(0);
  /** Dual variables: what each row and column contributes to the lower bound. */
  rowPotential = new Float64Array(0);
  colPotential = new Float64Array(0);
  /** Of the search in progress: the shortest path to each column, and the row before it on that path. */
  distance = new Float64Array(0);
  rowBefore = new Int32Array(0);
  /** 1 for columns whose shortest path is final. */
  reached = new Uint8Array(0);

  reserve(rows: number, cols: number): void {
    if (this.colOfRow.length < rows) {
      const size = Math.max(rows, 2 * this.colOfRow.length);
      this.colOfRow = new Int32Array(size);
      this.rowPotential = new Float64Array(size);
    }
    if (this.rowOfCol.length < cols) {
      const size = Math.max(cols, 2 * this.rowOfCol.length);
      this.rowOfCol = new Int32Array(size);
      this.colPotential = new Float64Array(size);
      this.distance = new Float64Array(size);
      this.rowBefore = new Int32Array(size);
      this.reached = new Uint8Array(size);
    }
  }
}

/**
 * Pairs rows with columns, each at most once, so that the sum of (cost - limit) over the pairs is least.
 *
 * `cost` is row-major, `rows x cols`; entries at or above `limit` (`Infinity` too) are never paired. This is the
 * optimum of the square problem in which a row or column left alone costs limit / 2, which ByteTrack solves.
 * Exact: a shortest augmenting path for each row (Jonker and Volgenant 1987; rectangular as in Crouse 2016),
 * O(rows² cols) at worst. Instead of the extended matrix, each row has one imagined column of its own at cost 0
 * where it may end alone.
 *
 * @returns the number of pairs; the pairs are in `result`
 */
export function assign(
  cost: Float64Array,
  rows: number,
  cols: number,
  limit: number,
  result: Assignment,
): number {
  result.reserve(rows, cols);
  const { colOfRow, rowOfCol, rowPotential, colPotential } = result;
  for (let row = 0; row < rows; row++) {
    colOfRow[row] = -1;
    rowPotential[row] = 0;
  }
  for (let col = 0; col < cols; col++) {
    rowOfCol[col] = -1;
    colPotential[col] = 0;
  }
  let pairs = 0;
  for (let row = 0; row < rows; row++) if (augment(cost, cols, limit, row, result)) pairs++;
  return pairs;
}

/** Adds `start` to the optimum of the rows before it; false when the best is to leave one more row alone. */
function augment(
  cost: Float64Array,
  cols: number,
  limit: number,
  start: number,
  result: Assignment,
): boolean {
  const { colOfRow, rowOfCol, rowPotential, colPotential, distance, rowBefore, reached } = result;
  for (let col = 0; col < cols; col++) {
    distance[col] = Infinity;
    reached[col] = 0;
  }
  let row = start;
  let length = 0; // of the shortest path to `row`
  let alone = Infinity; // of the shortest path that ends with `aloneRow` left alone
  let aloneRow = start;
  let endCol = -1;
  for (;;) {
    if (length - rowPotential[row] < alone) {
      alone = length - rowPotential[row];
      aloneRow = row;
    }
    let nearest = alone;
    let nearestCol = -1;
    const offset = row * cols;
    const base = length - rowPotential[row] - limit;
    for (let col = 0; col < cols; col++) {
      if (reached[col] === 1) continue;
      const entry = cost[offset + col];
      if (entry < limit) {
        const path = base + entry - colPotential[col];
        if (path < distance[col]) {
          distance[col] = path;
          rowBefore[col] = row;
        }
      }
      if (distance[col] < nearest) {
        nearest = distance[col];
        nearestCol = col;
      }
    }
    length = nearest;
    if (nearestCol === -1) break; // nothing is nearer than leaving `aloneRow` alone
    if (rowOfCol[nearestCol] === -1) {
      endCol = nearestCol;
      break;
    }
    reached[nearestCol] = 1;
    row = rowOfCol[nearestCol];
  }

  rowPotential[start] += length;
  for (let col = 0; col < cols; col++) {
    if (reached[col] === 0) continue;
    rowPotential[rowOfCol[col]] += length - distance[col];
    colPotential[col] -= length - distance[col];
  }

  // along the path back to `start`, each row hands its old column on to the row before it
  let col = endCol;
  if (col === -1) {
    if (aloneRow === start) return false;
    col = colOfRow[aloneRow];
    colOfRow[aloneRow] = -1;
  }
  for (;;) {
    const taker = rowBefore[col];
    const given = colOfRow[taker];
    colOfRow[taker] = col;
    rowOfCol[col] = taker;
    if (taker === start) break;
    col = given;
  }
  return endCol !== -1;
}
