/** Colours for points: by class, by confidence, by cluster, or by who decided. */

import { PLANE } from "./text.js";

/** Opacity of points, and of those that are not chosen while others are. */
const CLEAR = 235;
const FAINT = 40;
const UNKNOWN = "#8a8c88";
const SURE = ["#b3361e", "#e0a03a", "#2f8f8f"];
/** In the order of none, person, cluster, model and group. */
const SOURCES = [UNKNOWN, "#b07aa1", "#3f8f96", "#e0a03a", "#59a14f"];
const STEPS = [0.5, 0.9, 1.01];

/**
 * @typedef {{classes: Int32Array, clusters: Int32Array, confidences: Uint8Array,
 *   sources: Uint8Array}} Labelled one entry each for every item; classes and clusters are −1 where
 *   there is none
 * @typedef {{color: string, name: string, n: number}} Row of a legend
 */

/**
 * @param {string} by "class", "confidence", "cluster" or "source"
 * @param {Labelled} labelled @param {number} n points: the first so many items
 * @param {import("./types.js").ClassRecord[]} classes
 * @param {ReadonlySet<number>} chosen all others are faint, unless there are none
 * @returns {{colors: Uint8Array, rows: Row[]}}
 */
export function paints(by, labelled, n, classes, chosen) {
  const { codes, legend } = coded(by, labelled, n, classes);
  const counts = new Map();
  const rgb = new Map(legend.map(({ color }, code) => [code, channels(color)]));
  const colors = new Uint8Array(4 * n);
  const isFaint = chosen.size > 0;
  for (let i = 0; i < n; i += 1) {
    const code = codes(i);
    const [red, green, blue] = rgb.get(code) ?? hued(code, rgb);
    colors.set([red, green, blue, isFaint && !chosen.has(i) ? FAINT : CLEAR], 4 * i);
    if (!isFaint || chosen.has(i)) counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const rows = legend.map(({ color, name }, code) => ({ color, name, n: counts.get(code) ?? 0 }));
  return { colors, rows: rows.filter(({ n: some }) => some > 0) };
}

/** @param {string} by @param {Labelled} labelled @param {number} n @param {import("./types.js").ClassRecord[]} classes */
function coded(by, { classes: ids, clusters, confidences, sources }, n, classes) {
  if (by === "cluster") return { codes: (/** @type {number} */ i) => clusters[i], legend: [] };
  if (by === "source") {
    return { codes: (/** @type {number} */ i) => sources[i], legend: PLANE.sources.map((name, k) => ({ color: SOURCES[k], name })) };
  }
  if (by === "confidence") {
    const step = (/** @type {number} */ i) => 1 + STEPS.findIndex((most) => confidences[i] / 255 < most);
    const legend = [UNKNOWN, ...SURE].map((color, k) => ({ color, name: PLANE.sure[k] }));
    return { codes: (/** @type {number} */ i) => (ids[i] < 0 ? 0 : step(i)), legend };
  }
  const at = new Map(classes.map(({ id }, k) => [id, k + 1]));
  const legend = [{ color: UNKNOWN, name: PLANE.unknown }, ...classes.map(({ color, name }) => ({ color, name }))];
  return { codes: (/** @type {number} */ i) => at.get(ids[i]) ?? 0, legend };
}

/** @param {string} color #rrggbb @returns {[number, number, number]} */
function channels(color) {
  const value = parseInt(color.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** @param {number} code of a cluster @param {Map<number, [number, number, number]>} known kept there */
function hued(code, known) {
  const hue = (code * 0.618034) % 1;
  const level = (/** @type {number} */ shift) => 0.5 + 0.5 * Math.cos(2 * Math.PI * (hue + shift));
  const found = /** @type {[number, number, number]} */ ([0, 1 / 3, 2 / 3].map((shift) => Math.round(40 + 180 * level(shift))));
  known.set(code, code < 0 ? channels(UNKNOWN) : found);
  return /** @type {[number, number, number]} */ (known.get(code));
}
