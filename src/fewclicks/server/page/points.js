/** Where points of the plane lie: which is nearest, which are inside. Pure sums. */

const SIDE = 256;

/** @typedef {{x: number, y: number}} Place */

/**
 * Sort points into a grid of cells, so that those near a place are found without looking at all.
 *
 * @param {Float32Array} places x and y of each point in turn, in [0, 1]
 */
export function createPoints(places) {
  const n = places.length / 2;
  const cell = new Uint32Array(n);
  const starts = new Uint32Array(SIDE * SIDE + 1);
  const order = new Uint32Array(n);

  /** @param {number} value @returns {number} */
  const at = (value) => Math.max(0, Math.min(SIDE - 1, Math.floor(value * SIDE)));

  for (let i = 0; i < n; i += 1) {
    cell[i] = at(places[2 * i + 1]) * SIDE + at(places[2 * i]);
    starts[cell[i] + 1] += 1;
  }
  for (let c = 0; c < SIDE * SIDE; c += 1) starts[c + 1] += starts[c];
  const next = starts.slice();
  for (let i = 0; i < n; i += 1) order[next[cell[i]]++] = i;

  /**
   * @param {number} left @param {number} top @param {number} right @param {number} bottom
   * @param {(point: number) => void} visit told of every point in the cells of a rectangle
   */
  function within(left, top, right, bottom, visit) {
    for (let row = at(top); row <= at(bottom); row += 1) {
      for (let k = starts[row * SIDE + at(left)]; k < starts[row * SIDE + at(right) + 1]; k += 1) visit(order[k]);
    }
  }

  return {
    n,
    /** @param {Place} place @param {number} reach @returns {number} nearest point, -1 if none is so near */
    nearest({ x, y }, reach) {
      let [found, least] = [-1, reach * reach];
      within(x - reach, y - reach, x + reach, y + reach, (point) => {
        const far = (places[2 * point] - x) ** 2 + (places[2 * point + 1] - y) ** 2;
        if (far <= least) [found, least] = [point, far];
      });
      return found;
    },
    /** @param {Place[]} outline a closed line @returns {number[]} the points inside, central ones first */
    inside(outline) {
      const xs = outline.map(({ x }) => x);
      const ys = outline.map(({ y }) => y);
      /** @type {number[]} */
      const found = [];
      within(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), (point) => {
        if (isInside(outline, places[2 * point], places[2 * point + 1])) found.push(point);
      });
      return fromTheMiddle(found);
    },
    /** @param {Place} middle @param {number} radius @returns {number[]} central ones first */
    around({ x, y }, radius) {
      /** @type {number[]} */
      const found = [];
      within(x - radius, y - radius, x + radius, y + radius, (point) => {
        if ((places[2 * point] - x) ** 2 + (places[2 * point + 1] - y) ** 2 <= radius * radius) found.push(point);
      });
      return fromTheMiddle(found);
    },
  };

  /** @param {number[]} points @returns {number[]} by distance from their mean */
  function fromTheMiddle(points) {
    let [x, y] = [0, 0];
    for (const point of points) {
      x += places[2 * point] / points.length;
      y += places[2 * point + 1] / points.length;
    }
    const far = new Float64Array(n ? points.length : 0);
    points.forEach((point, k) => (far[k] = (places[2 * point] - x) ** 2 + (places[2 * point + 1] - y) ** 2));
    return points.map((_, k) => k).sort((one, other) => far[one] - far[other]).map((k) => points[k]);
  }
}

/** @typedef {ReturnType<typeof createPoints>} Points */

/** @param {Place[]} outline @param {number} x @param {number} y @returns {boolean} by the even-odd rule */
export function isInside(outline, x, y) {
  let inside = false;
  for (let i = 0, j = outline.length - 1; i < outline.length; j = i, i += 1) {
    const [one, other] = [outline[i], outline[j]];
    if (one.y > y === other.y > y) continue;
    if (x < ((other.x - one.x) * (y - one.y)) / (other.y - one.y) + one.x) inside = !inside;
  }
  return inside;
}

/** @param {Place[]} line @param {number} most @returns {Place[]} at most so many of its places */
export function thinned(line, most) {
  const step = Math.max(1, Math.ceil(line.length / most));
  return line.filter((_, k) => k % step === 0);
}
