/** The work arrays and the result of `assign`; they grow as needed and are reused. */
export class Assignment {
  /** The column of each row, -1 for none. */
  colOfRow = new Int32Array(0);
  /** The row of each column, -1 for none. */
  rowOfCol = new Int32Array(0);
  /** Dual variables: what each row and column contributes to the lower bound. */
  rowPotential = new Float64Array(0);
  colPotential = new Float64Array(0);
  /** The pairs below the limit, row by row: row `i` has those from `pairsFrom[i]` to `pairsFrom[i + 1]`. */
  pairsFrom = new Int32Array(1);
  pairCols = new Int32Array(0);
  pairCosts = new Float64Array(0);
  /** Of the search in progress: the shortest path to each column, and the row before it on that path. */
  distance = new Float64Array(0);
  rowBefore = new Int32Array(0);
  /** 1 for columns whose shortest path is final; else 0, and between two searches always. */
  reached = new Uint8Array(0);
  /** The columns that have a path. */
  touched = new Int32Array(0);

  reserve(rows: number, cols: number): void {
    if (this.colOfRow.length < rows) {
      const size = Math.max(rows, 2 * this.colOfRow.length);
      this.colOfRow = new Int32Array(size);
      this.rowPotential = new Float64Array(size);
      this.pairsFrom = new Int32Array(size + 1);
    }
    if (this.rowOfCol.length < cols) {
      const size = Math.max(cols, 2 * this.rowOfCol.length);
      this.rowOfCol = new Int32Array(size);
      this.colPotential = new Float64Array(size);
      this.distance = new Float64Array(size).fill(Infinity);
      this.rowBefore = new Int32Array(size);
      this.reached = new Uint8Array(size);
      this.touched = new Int32Array(size);
    }
  }

  reservePairs(count: number): void {
    if (this.pairCols.length >= count) return;
    const cols = new Int32Array(2 * count);
    const costs = new Float64Array(2 * count);
    cols.set(this.pairCols);
    costs.set(this.pairCosts);
    this.pairCols = cols;
    this.pairCosts = costs;
  }
}

/**
 * Pairs rows with columns, each at most once, so that the sum of (cost - limit) over the pairs is least.
 *
 * `cost` is row-major, `rows x cols`; entries at or above `limit` (`Infinity` too) are never paired. This is the
 * optimum of the square problem in which a row or column left alone costs limit / 2, which ByteTrack solves.
 * Exact: a shortest augmenting path for each row (Jonker and Volgenant 1987; rectangular as in Crouse 2016),
 * O(rows² cols) at worst. Instead of the extended matrix, each row has one imagined column of its own at cost 0
 * where it may end alone. Searches see only the pairs below the limit, so objects far apart cost one another
 * nothing: a crowd is as quick as its groups.
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
  result.colOfRow.fill(-1, 0, rows);
  result.rowPotential.fill(0, 0, rows);
  result.rowOfCol.fill(-1, 0, cols);
  result.colPotential.fill(0, 0, cols);
  gatherPairs(cost, rows, cols, limit, result);
  let pairs = 0;
  for (let row = 0; row < rows; row++) if (augment(row, result)) pairs++;
  return pairs;
}

/** Collects the pairs below the limit, at cost - limit. */
function gatherPairs(
  cost: Float64Array,
  rows: number,
  cols: number,
  limit: number,
  result: Assignment,
): void {
  const { pairsFrom } = result;
  let count = 0;
  let at = 0;
  for (let row = 0; row < rows; row++) {
    pairsFrom[row] = count;
    result.reservePairs(count + cols);
    const { pairCols, pairCosts } = result;
    for (let col = 0; col < cols; col++, at++) {
      const entry = cost[at];
      if (!(entry < limit)) continue;
      pairCols[count] = col;
      pairCosts[count++] = entry - limit;
    }
  }
  pairsFrom[rows] = count;
}

/** Adds `start` to the optimum of the rows before it; false when the best is to leave one more row alone. */
function augment(start: number, result: Assignment): boolean {
  const { colOfRow, rowOfCol, rowPotential, colPotential, distance, rowBefore, reached, touched } = result;
  const { pairsFrom, pairCols, pairCosts } = result;
  let touchedCount = 0;
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
    const base = length - rowPotential[row];
    for (let at = pairsFrom[row]; at < pairsFrom[row + 1]; at++) {
      const col = pairCols[at];
      if (reached[col] === 1) continue;
      const path = base + pairCosts[at] - colPotential[col];
      if (path < distance[col]) {
        if (distance[col] === Infinity) touched[touchedCount++] = col;
        distance[col] = path;
        rowBefore[col] = row;
      }
    }
    let nearest = alone;
    let nearestCol = -1;
    for (let i = 0; i < touchedCount; i++) {
      const col = touched[i];
      if (reached[col] === 1 || distance[col] > nearest) continue;
      // of equally near ones the first, in whatever order they were met: the result is the same for the same matrix
      if (distance[col] === nearest && (nearestCol === -1 || col > nearestCol)) continue;
      nearest = distance[col];
      nearestCol = col;
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
  for (let i = 0; i < touchedCount; i++) {
    const col = touched[i];
    if (reached[col] === 1) {
      rowPotential[rowOfCol[col]] += length - distance[col];
      colPotential[col] -= length - distance[col];
      reached[col] = 0;
    }
    distance[col] = Infinity;
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
