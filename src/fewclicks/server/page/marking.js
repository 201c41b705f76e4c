/** Marking thumbnails on a grid by click, shift-click, a dragged rectangle or touch. */

import { h } from "./dom.js";

/** A pointer that moves less than this (px) has clicked, not dragged. */
const STILL = 5;
/** Within this distance (px) of an edge a drag scrolls the grid. */
const EDGE = 36;

/**
 * @param {import("./grid.js").Grid} grid
 * @param {{isMarked: (item: number) => boolean, flip: (items: number[]) => void,
 *   dragsWithTouch: () => boolean}} options `flip` marks what is unmarked and the reverse, as one
 *   step; `dragsWithTouch` says whether a finger draws a rectangle instead of scrolling
 */
export function enableMarking(grid, { isMarked, flip, dragsWithTouch }) {
  const { element, sheet } = grid;
  const band = h("div", { class: "band", hidden: true });
  sheet.append(band);
  /** @type {{x: number, y: number, clear: boolean, moved: boolean, id: number} | null} */
  let drag = null;
  let pointer = { x: 0, y: 0 };
  let anchor = 0;
  let handled = false;

  /** @param {number[]} indices @param {boolean} marked the state they shall have */
  function setAll(indices, marked) {
    const items = indices.map((index) => /** @type {number} */ (grid.itemAt(index)));
    flip(items.filter((item) => item !== undefined && isMarked(item) !== marked));
  }

  /** @returns {{x: number, y: number}} the pointer on the sheet, however far it is scrolled */
  function onSheet() {
    const { left, top } = sheet.getBoundingClientRect();
    return { x: pointer.x - left, y: pointer.y - top };
  }

  function box() {
    const { x, y } = onSheet();
    const start = drag ?? { x, y };
    return {
      left: Math.min(x, start.x), right: Math.max(x, start.x),
      top: Math.min(y, start.y), bottom: Math.max(y, start.y),
    };
  }

  function drawBand() {
    const { left, top, right, bottom } = box();
    Object.assign(band.style, {
      transform: `translate(${left}px, ${top}px)`, width: `${right - left}px`, height: `${bottom - top}px`,
    });
    band.hidden = false;
    band.classList.toggle("clearing", drag?.clear ?? false);
  }

  function scrollAtEdge() {
    if (!drag?.moved) return;
    const { top, bottom } = element.getBoundingClientRect();
    const beyond = Math.min(0, pointer.y - top - EDGE) + Math.max(0, pointer.y - bottom + EDGE);
    if (beyond) {
      element.scrollTop += beyond / 3;
      drawBand();
    }
    requestAnimationFrame(scrollAtEdge);
  }

  /** @param {PointerEvent} event */
  function onDown(event) {
    handled = false;
    const drags = event.pointerType === "mouse" || dragsWithTouch();
    if (event.button !== 0 || event.shiftKey || !drags || event.offsetX > element.clientWidth) return;
    pointer = { x: event.clientX, y: event.clientY };
    const item = grid.itemAt(grid.indexOf(event.target));
    const clear = item !== undefined && isMarked(item);
    drag = { ...onSheet(), clear, moved: false, id: event.pointerId };
  }

  /** @param {PointerEvent} event */
  function onMove(event) {
    if (!drag || event.pointerId !== drag.id) return;
    pointer = { x: event.clientX, y: event.clientY };
    if (!drag.moved) {
      const { left, top, right, bottom } = box();
      if (right - left < STILL && bottom - top < STILL) return;
      drag.moved = true;
      element.setPointerCapture(drag.id);
      requestAnimationFrame(scrollAtEdge);
    }
    drawBand();
  }

  /** @param {boolean} keep whether the rectangle counts */
  function finish(keep) {
    if (drag?.moved && keep) {
      setAll(grid.touched(box()), !drag.clear);
      handled = true; // the click that follows belongs to this drag
    }
    band.hidden = true;
    drag = null;
  }

  /** @param {MouseEvent} event */
  function onClick(event) {
    const index = grid.indexOf(event.target);
    if (handled || index < 0) return;
    const item = grid.itemAt(index);
    if (item === undefined) return;
    if (event.shiftKey) {
      const [first, last] = [Math.min(anchor, index), Math.max(anchor, index)];
      const range = Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
      setAll(range, isMarked(/** @type {number} */ (grid.itemAt(anchor))));
    } else {
      anchor = index;
      flip([item]);
    }
    grid.moveTo(index);
  }

  element.addEventListener("pointerdown", onDown);
  element.addEventListener("pointermove", onMove);
  element.addEventListener("pointerup", () => finish(true));
  element.addEventListener("pointercancel", () => finish(false));
  element.addEventListener("click", onClick);
  element.addEventListener("dragstart", (/** @type {Event} */ event) => event.preventDefault());

  return {
    /** Start again for another cluster. */
    reset() {
      finish(false);
      anchor = 0;
    },
    /** @returns {boolean} whether a rectangle was being drawn; it is dropped */
    cancel() {
      const drawing = drag?.moved ?? false;
      finish(false);
      return drawing;
    },
  };
}
