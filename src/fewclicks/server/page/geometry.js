/** Where the cells of a grid lie. Pure sums: positions in px from the top left of the sheet. */

/**
 * @typedef {{columns: number, rows: number, size: number, step: number, n: number}} Layout
 * @typedef {{left: number, top: number, right: number, bottom: number}} Box
 */

export const GAP = 4;

/**
 * Fill the width with square cells of at least `wanted` px.
 *
 * @param {number} width @param {number} wanted @param {number} n number of cells
 * @returns {Layout} `step` is one cell with its gap
 */
export function layout(width, wanted, n) {
  const columns = Math.max(1, Math.floor((width + GAP) / (wanted + GAP)));
  const size = Math.max(1, Math.floor((width - GAP * (columns - 1)) / columns));
  return { columns, rows: Math.ceil(n / columns), size, step: size + GAP, n };
}

/** @param {Layout} grid @param {number} index @returns {{x: number, y: number}} */
export function place(grid, index) {
  return {
    x: (index % grid.columns) * grid.step,
    y: Math.floor(index / grid.columns) * grid.step,
  };
}

/**
 * The cells with a row between two heights, `spare` px more on both sides.
 *
 * @param {Layout} grid @param {number} top @param {number} bottom @param {number} [spare]
 * @returns {[number, number]} first index, and one past the last
 */
export function span(grid, top, bottom, spare = 0) {
  const first = Math.max(0, Math.floor((top - spare) / grid.step));
  const last = Math.min(grid.rows, Math.ceil((bottom + spare) / grid.step));
  return [first * grid.columns, Math.min(grid.n, Math.max(first, last) * grid.columns)];
}

/** @param {Layout} grid @param {Box} box @returns {number[]} the indices of cells it touches */
export function touched(grid, box) {
  const columns = range(box.left, box.right, grid, grid.columns);
  const rows = range(box.top, box.bottom, grid, grid.rows);
  const indices = rows.flatMap((row) => columns.map((column) => row * grid.columns + column));
  return indices.filter((index) => index < grid.n);
}

/** @param {number} low @param {number} high @param {Layout} grid @param {number} most */
function range(low, high, grid, most) {
  const first = Math.max(0, Math.floor((low + GAP) / grid.step));
  const last = Math.min(most - 1, Math.floor(high / grid.step));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, offset) => first + offset);
}

/**
 * The place one comes to going on from another; the same if there is none that way.
 *
 * @param {{x: number, y: number}[]} places @param {number} from @param {number} dx -1, 0 or 1
 * @param {number} dy -1, 0 or 1 @returns {number} the nearest within 45° of the way
 */
export function nearestToward(places, from, dx, dy) {
  const start = places[from];
  let [found, least] = [from, Infinity];
  places.forEach(({ x, y }, index) => {
    const along = (x - start.x) * dx + (y - start.y) * dy;
    const aside = Math.abs((x - start.x) * dy) + Math.abs((y - start.y) * dx);
    if (along <= 0.25 || aside > along) return;
    const far = along + 2 * aside;
    if (far < least) [found, least] = [index, far];
  });
  return found;
}
