/** A sheet of thumbnails of any length; only the rows in sight are in the document. */

import { h } from "./dom.js";
import { layout, place, span, touched } from "./geometry.js";
import { GRID } from "./text.js";

/** Rows kept ready above and below, in px. */
const SPARE = 400;
/** Faster than this (px per ms) nobody can see a thumbnail: wait until it slows down. */
const TOO_FAST = 3;
const SETTLE_MS = 70;
const AWAY = "translate(-9999px, 0)";

/**
 * @param {{thumbnails: import("./thumbnails.js").Thumbnails, sharp: boolean, onMoved: () => void}} options
 *   `sharp` shows pixels as squares, for tiny glyphs; `onMoved` is told when the current thumbnail
 *   changes
 */
export function createGrid({ thumbnails, sharp, onMoved }) {
  const sheet = h("div", { class: "sheet", role: "presentation" });
  const element = h("div", {
    class: sharp ? "grid sharp" : "grid",
    role: "listbox",
    tabIndex: 0,
    "aria-multiselectable": "true",
    "aria-label": GRID.label,
  }, sheet);
  /** @type {number[]} */
  let items = [];
  /** @type {ReadonlySet<number>} */
  let marks = new Set();
  /** @type {ReadonlySet<number>} */
  let outliers = new Set();
  /** @type {ReadonlyMap<number, string>} the colours of items that have a class of their own */
  let named = new Map();
  /** @type {Map<number, any>} index to cell */
  const cells = new Map();
  /** @type {any[]} cells out of sight, to be used again */
  const pool = [];
  let wanted = 64;
  let size = 0;
  let grid = layout(1, wanted, 0);
  let current = 0;
  let lastTop = 0;
  let lastTime = 0;
  let asked = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let settle;

  /** @param {any} cell @param {number} index */
  function dress(cell, index) {
    const { x, y } = place(grid, index);
    cell.style.transform = `translate(${x}px, ${y}px)`;
    cell.id = `cell-${index}`;
    cell.setAttribute("aria-posinset", index + 1);
    cell.setAttribute("aria-setsize", size);
    mark(cell, index);
  }

  /** @param {any} cell @param {number} index */
  function mark(cell, index) {
    const marked = String(marks.has(items[index]));
    if (cell.getAttribute("aria-selected") !== marked) cell.setAttribute("aria-selected", marked);
    const isOutlier = outliers.has(items[index]);
    cell.setAttribute("aria-label", GRID.cell(index + 1, marked === "true", isOutlier));
    if (cell.classList.contains("outlier") !== isOutlier) cell.classList.toggle("outlier");
    const color = named.get(items[index]) ?? "";
    if (cell.classList.contains("named") !== Boolean(color)) cell.classList.toggle("named");
    cell.style.setProperty("--named", color);
    if (cell.classList.contains("current") !== (index === current)) cell.classList.toggle("current");
  }

  /**
   * A new picture each time: one used again would show the former item until the new one comes.
   * @param {any} cell @param {number} index
   */
  function fill(cell, index) {
    const item = items[index];
    if (item === undefined || cell.firstChild?.dataset.item === String(item)) return;
    const img = h("img", { alt: "", draggable: false, decoding: sharp ? "sync" : "async" });
    img.dataset.item = item;
    cell.replaceChildren(img);
    thumbnails.load(img, item);
  }

  /** @param {boolean} images whether pictures may be asked for @param {number} [spare] px */
  function paint(images, spare = SPARE) {
    const top = element.scrollTop;
    const [first, last] = span(grid, top, top + element.clientHeight, spare);
    for (const [index, cell] of cells) {
      if (index >= first && index < last) continue;
      cells.delete(index);
      pool.push(cell);
      cell.style.transform = AWAY;
      cell.replaceChildren();
    }
    const fresh = document.createDocumentFragment();
    for (let index = first; index < last; index += 1) {
      let cell = cells.get(index);
      if (!cell) {
        cell = pool.pop() ?? h("div", { class: "cell", role: "option" });
        cells.set(index, cell);
        dress(cell, index);
        if (!cell.isConnected) fresh.append(cell);
      }
      if (images) fill(cell, index);
    }
    sheet.append(fresh);
    for (const cell of pool.splice(200)) cell.remove();
  }

  function onScroll() {
    if (asked) return;
    asked = true;
    requestAnimationFrame((now) => {
      asked = false;
      const slow = Math.abs(element.scrollTop - lastTop) < TOO_FAST * (now - lastTime);
      [lastTop, lastTime] = [element.scrollTop, now];
      paint(slow);
      clearTimeout(settle);
      if (!slow) settle = setTimeout(() => paint(true), SETTLE_MS);
    });
  }

  function arrange() {
    const style = getComputedStyle(element);
    const width = element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    if (width <= 0) return;
    const anchor = Math.floor(element.scrollTop / grid.step) * grid.columns;
    grid = layout(width, wanted, size);
    sheet.style.height = `${grid.rows * grid.step}px`;
    sheet.style.setProperty("--cell", `${grid.size}px`);
    if (anchor) element.scrollTop = place(grid, anchor).y;
    for (const [index, cell] of cells) dress(cell, index);
    paint(true, 0);
    clearTimeout(settle);
    settle = setTimeout(() => paint(true), SETTLE_MS); // what is in sight goes first
  }

  /** @param {number} index */
  function moveTo(index) {
    const before = cells.get(current);
    current = Math.max(0, Math.min(items.length - 1, index));
    before?.classList.remove("current");
    const { y } = place(grid, current);
    const view = element.clientHeight - grid.step;
    if (y < element.scrollTop) element.scrollTop = y;
    else if (y > element.scrollTop + view) element.scrollTop = y - view;
    paint(true);
    cells.get(current)?.classList.add("current");
    element.setAttribute("aria-activedescendant", `cell-${current}`);
    onMoved();
  }

  element.addEventListener("scroll", onScroll, { passive: true });
  new ResizeObserver(arrange).observe(element);

  return {
    element,
    sheet,
    /**
     * @param {number[]} shown item ids, most typical first; may be the first few while the rest
     *   is on its way @param {number} total how many there will be @param {ReadonlySet<number>} set
     */
    show(shown, total, set) {
      const isMore = shown.length > items.length && items.length > 0;
      const sameStart = isMore && items.every((item, at) => item === shown[at]);
      if (!sameStart) cells.forEach((cell) => cell.replaceChildren());
      [items, size, marks] = [shown, total, set];
      if (!sameStart) {
        [current, lastTop, element.scrollTop] = [0, 0, 0];
        element.removeAttribute("aria-activedescendant");
      }
      arrange();
    },
    /** Show the marks anew after they have changed. */
    refreshMarks: () => cells.forEach((cell, index) => mark(cell, index)),
    /** @param {ReadonlySet<number>} far items that lie far out @param {ReadonlyMap<number, string>} own */
    annotate(far, own) {
      [outliers, named] = [far, own];
      cells.forEach((cell, index) => mark(cell, index));
    },
    /** @param {number} px */
    setSize(px) {
      wanted = px;
      arrange();
    },
    moveTo,
    current: () => current,
    columns: () => grid.columns,
    /** @returns {number} rows in sight, for a page up or down */
    page: () => Math.max(1, Math.floor(element.clientHeight / grid.step)) * grid.columns,
    /** @returns {number} how many thumbnails the first screen holds */
    firstScreen: () => Math.ceil((element.clientHeight || 600) / grid.step) * grid.columns,
    /** @returns {number[]} */
    items: () => items,
    /** @param {number} index @returns {number | undefined} */
    itemAt: (index) => items[index],
    /** @param {import("./geometry.js").Box} box @returns {number[]} indices of the cells touched */
    touched: (box) => touched(grid, box).filter((index) => index < items.length),
    /** @param {EventTarget | null} target @returns {number} index of the cell, -1 for none */
    indexOf,
  };
}

/** @typedef {ReturnType<typeof createGrid>} Grid */

/** @param {EventTarget | null} target */
function indexOf(target) {
  const cell = target instanceof Element ? target.closest(".cell") : null;
  return cell ? Number(cell.id.slice("cell-".length)) : -1;
}
