/** Choosing points of a scatter by a line drawn around them, a box, a click, or a circle moved by keys. */

import { thinned } from "./points.js";

const SVG = "http://www.w3.org/2000/svg";
/** A pointer that moves less than this (px) has clicked. */
const STILL = 5;
/** A click takes the nearest point within so many px. */
const REACH = 12;
const MOST_CORNERS = 80;
const STEP = 0.02;
const RADII = { least: 0.01, first: 0.05, most: 0.5 };

/** @typedef {import("./points.js").Place} Place */

/**
 * @param {HTMLElement} board holds the canvas of the scatter
 * @param {import("./scatter.js").Scatter} scatter
 * @param {{points: () => import("./points.js").Points | null, choose: (found: number[]) => void,
 *   point: (found: number, x: number, y: number) => void}} options `choose`: these points were
 *   chosen; `point`: the pointer is at this one, -1 for none
 */
export function enableLassoing(board, scatter, { points, choose, point }) {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  const circle = document.createElementNS(SVG, "circle");
  svg.setAttribute("class", "lasso");
  svg.setAttribute("aria-hidden", "true");
  svg.append(line, circle);
  board.append(svg);
  /** @type {Place[]} what is being drawn, in px */
  let drawn = [];
  /** @type {Place[]} what was drawn, on the plane */
  let outline = [];
  let mode = /** @type {"none" | "lasso" | "box" | "pan"} */ ("none");
  /** @type {Map<number, Place>} pointers that are down, in px */
  const down = new Map();
  const cursor = { x: 0.5, y: 0.5, radius: RADII.first, shown: false };

  /** @param {PointerEvent | WheelEvent} event @returns {Place} px on the board */
  function spot({ clientX, clientY }) {
    const { left, top } = board.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  function paint() {
    if (board.clientWidth === 0) return;
    const corners = drawn.length > 0 ? drawn : outline.map(scatter.toCanvas);
    line.setAttribute("d", corners.length > 1 ? `M${corners.map(({ x, y }) => `${x} ${y}`).join("L")}Z` : "");
    const { x, y } = scatter.toCanvas(cursor);
    const radius = String(cursor.radius * scatter.unit());
    for (const [name, value] of Object.entries({ cx: String(x), cy: String(y), r: radius })) circle.setAttribute(name, value);
    circle.style.display = cursor.shown ? "" : "none";
  }

  /** @param {PointerEvent} event */
  function onDown(event) {
    down.set(event.pointerId, spot(event));
    board.setPointerCapture(event.pointerId);
    cursor.shown = false;
    if (down.size > 1) [mode, drawn] = ["pan", []];
    else mode = event.button !== 0 ? "pan" : event.shiftKey ? "box" : "lasso";
    if (mode !== "pan") [drawn, outline] = [[spot(event)], []];
    paint();
  }

  /** @param {PointerEvent} event */
  function onMove(event) {
    const at = spot(event);
    const before = down.get(event.pointerId);
    if (!before) return point(nearest(at), at.x, at.y);
    if (mode === "pan") drag(event.pointerId, before, at);
    else if (mode === "lasso") drawn.push(at);
    else if (mode === "box") drawn = box(drawn[0], at);
    down.set(event.pointerId, at);
    paint();
  }

  /** One pointer moves the plane, two pinch it. @param {number} id @param {Place} before @param {Place} at */
  function drag(id, before, at) {
    const other = [...down].find(([known]) => known !== id)?.[1];
    const share = other ? 2 : 1;
    scatter.pan((at.x - before.x) / share, (at.y - before.y) / share);
    if (!other) return;
    const times = distance(at, other) / Math.max(1, distance(before, other));
    scatter.zoom(times, scatter.toPlane((at.x + other.x) / 2, (at.y + other.y) / 2));
  }

  /** @param {PointerEvent} event */
  function onUp(event) {
    if (!down.delete(event.pointerId)) return; // it was pressed elsewhere
    const found = points();
    const line_ = drawn;
    if (down.size > 0 || mode === "pan" || !found) return;
    [mode, drawn] = ["none", []];
    if (spread(line_) < STILL) {
      const one = nearest(spot(event));
      return finish([], one < 0 ? [] : [one]);
    }
    const corners = thinned(line_, MOST_CORNERS).map(({ x, y }) => scatter.toPlane(x, y));
    finish(corners, found.inside(corners));
  }

  /** @param {Place[]} corners @param {number[]} found */
  function finish(corners, found) {
    outline = corners;
    paint();
    choose(found);
  }

  /** @param {Place} at px @returns {number} */
  function nearest(at) {
    return points()?.nearest(scatter.toPlane(at.x, at.y), REACH / scatter.unit()) ?? -1;
  }

  /** @param {WheelEvent} event */
  function onWheel(event) {
    event.preventDefault();
    const at = spot(event);
    scatter.zoom(Math.exp(-event.deltaY / 400), scatter.toPlane(at.x, at.y));
  }

  /** @param {number} dx @param {number} dy in steps */
  function walk(dx, dy) {
    const step = (STEP * board.clientHeight) / scatter.unit();
    cursor.x = Math.max(0, Math.min(1, cursor.x + dx * step));
    cursor.y = Math.max(0, Math.min(1, cursor.y + dy * step));
    cursor.shown = true;
    paint();
  }

  /** @param {number} times */
  function grow(times) {
    cursor.radius = Math.max(RADII.least, Math.min(RADII.most, cursor.radius * times));
    cursor.shown = true;
    paint();
  }

  board.addEventListener("pointerdown", onDown);
  board.addEventListener("pointermove", onMove);
  board.addEventListener("pointerup", onUp);
  board.addEventListener("pointercancel", (event) => (down.delete(event.pointerId), ([mode, drawn] = ["none", []]), paint()));
  board.addEventListener("pointerleave", () => point(-1, 0, 0));
  board.addEventListener("wheel", onWheel, { passive: false });
  board.addEventListener("contextmenu", (event) => event.preventDefault());
  scatter.onMoved(paint);

  return {
    walk,
    grow,
    /** @param {number} times Zoom in on the circle, or out of it. */
    zoom: (times) => scatter.zoom(times, cursor),
    /** Choose what is in the circle. */
    take() {
      cursor.shown = true;
      finish([], points()?.around(cursor, cursor.radius) ?? []);
    },
    /** Draw nothing any more. */
    clear() {
      [outline, drawn, cursor.shown] = [[], [], false];
      paint();
    },
  };
}

/** @param {Place} one @param {Place} other */
const distance = (one, other) => Math.hypot(one.x - other.x, one.y - other.y);

/** @param {Place[]} line @returns {number} how far it goes from where it began, px */
const spread = (line) => Math.max(0, ...line.map((place) => distance(place, line[0])));

/** @param {Place} one @param {Place} other @returns {Place[]} the corners between two of them */
const box = (one, other) => [one, { x: other.x, y: one.y }, other, { x: one.x, y: other.y }];
