/** The self-organising map: every cluster in its place, like beside like, ridges between groups. */

import { ApiError, get } from "../api.js";
import { h } from "../dom.js";
import { nearestToward } from "../geometry.js";
import { MAP } from "../text.js";

/** Sides of a cell in px: smaller cannot be told apart, larger shows too little of the map. */
const LEAST = 22;
const MOST = 88;
/** After a change, so long before the map is asked for anew: answers come in bursts. */
const CALM_MS = 200;

/** @param {import("../main.js").App} app */
export function createMap({ state, decks, outbox, thumbnails, toasts, sharp, go }) {
  const sheet = h("div", { class: "map-sheet", role: "presentation" });
  const board = h("div", {
    class: sharp ? "map-board sharp" : "map-board",
    role: "listbox",
    tabIndex: 0,
    "aria-label": MAP.label,
    onclick: onClick,
    onpointerover: (/** @type {PointerEvent} */ event) => tell(indexOf(event.target)),
    onpointerleave: () => tell(current),
  }, sheet);
  const told = h("p", { class: "map-told" }); // every cell says the same to screen readers
  const legend = h("p", { class: "map-legend hint" }, h("span", { class: "ramp" }), MAP.legend);
  const head = h("header", {}, h("h2", {}, MAP.title), h("p", { class: "reason" }, MAP.about));
  const element = h("div", { class: "view map" }, head, board, h("footer", {}, told, legend));
  /** @type {import("../types.js").MapCell[]} */
  let cells = [];
  /** @type {HTMLElement[]} */
  let drawn = [];
  let current = 0;
  let open = false;
  let stale = true;
  let serial = 0;

  /** @param {EventTarget | null} target @returns {number} */
  function indexOf(target) {
    const cell = target instanceof Element ? target.closest(".map-cell") : null;
    return cell ? Number(cell.id.slice("map-".length)) : current;
  }

  /** @param {import("../types.js").MapCell} cell */
  function words({ size, guess, question }) {
    const known = state.classOf(guess?.class_id);
    return MAP.cell(size, known?.name, guess?.confidence ?? 0, question !== null);
  }

  /** @param {number} index */
  function tell(index) {
    told.textContent = cells[index] ? words(cells[index]) : "";
  }

  /** @param {import("../types.js").MapCell} cell @param {number} index */
  function draw(cell, index) {
    const known = state.classOf(cell.guess?.class_id);
    const place = drawn[index] ?? h("div", { class: "map-cell", role: "option", id: `map-${index}` });
    place.style.setProperty("--x", String(cell.x));
    place.style.setProperty("--y", String(cell.y));
    place.style.setProperty("--ridge", String(cell.ridge));
    place.style.setProperty("--class", known?.color ?? "transparent");
    place.classList.toggle("empty", cell.size === 0);
    place.classList.toggle("answered", cell.size > 0 && cell.question === null);
    place.setAttribute("aria-label", words(cell));
    place.setAttribute("aria-selected", String(index === current));
    place.setAttribute("aria-disabled", String(cell.size === 0));
    const shown = /** @type {HTMLElement | null} */ (place.firstChild)?.dataset.item;
    if (cell.medoid === null) place.replaceChildren();
    else if (shown !== String(cell.medoid)) {
      const picture = thumbnails.picture(cell.medoid);
      picture.dataset.item = String(cell.medoid);
      place.replaceChildren(picture);
    }
    return place;
  }

  function render() {
    drawn = cells.map(draw);
    sheet.replaceChildren(...drawn);
    board.setAttribute("aria-activedescendant", `map-${current}`);
    fit();
    tell(current);
  }

  function fit() {
    const wide = Math.max(...cells.map(({ x }) => x), 0) + 1;
    const high = Math.max(...cells.map(({ y }) => y), 0) + 1;
    const side = Math.min(board.clientWidth / wide, board.clientHeight / high);
    if (side <= 0) return;
    const cell = Math.max(LEAST, Math.min(MOST, Math.floor(side)));
    sheet.style.setProperty("--side", `${cell}px`);
    sheet.style.width = `${wide * cell}px`;
    sheet.style.height = `${high * cell}px`;
  }

  async function load() {
    const mine = ++serial;
    stale = false;
    try {
      const reply = await get("api/map");
      if (mine !== serial) return;
      cells = reply.cells;
      current = Math.min(current, cells.length - 1);
      render();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      stale = true;
      toasts.trouble(error, { label: MAP.again, run: load });
    }
  }

  function refresh() {
    stale = true;
    if (open) setTimeout(() => open && stale && load(), CALM_MS);
  }

  /** @param {number} index */
  function moveTo(index) {
    drawn[current]?.setAttribute("aria-selected", "false");
    current = index;
    drawn[current]?.setAttribute("aria-selected", "true");
    drawn[current]?.scrollIntoView({ block: "nearest", inline: "nearest" });
    board.setAttribute("aria-activedescendant", `map-${current}`);
    tell(current);
  }

  /** @param {number} dx @param {number} dy */
  const walk = (dx, dy) => moveTo(nearestToward(cells, current, dx, dy));

  /** Put the cluster's question on the table. */
  async function answer() {
    const cell = cells[current];
    if (!cell || cell.size === 0) return;
    if (cell.question === null) return toasts.say(MAP.answered);
    try {
      const question = await get(`api/questions/${cell.question}`);
      const isSent = outbox.questionIds().includes(question.id);
      if (question.state !== "open" || isSent) return toasts.say(MAP.answered);
      decks.cluster.putBack(question);
      go("clusters");
    } catch (error) {
      toasts.trouble(/** @type {ApiError} */ (error));
    }
  }

  /** @param {MouseEvent} event */
  function onClick(event) {
    if (!(event.target instanceof Element) || !event.target.closest(".map-cell")) return;
    moveTo(indexOf(event.target));
    answer();
  }

  new ResizeObserver(fit).observe(board);
  ["round", "event", "classes"].forEach((topic) =>
    state.on(/** @type {import("../state.js").Topic} */ (topic), refresh));

  return {
    element,
    commands: {
      ArrowLeft: () => walk(-1, 0),
      ArrowRight: () => walk(1, 0),
      ArrowUp: () => walk(0, -1),
      ArrowDown: () => walk(0, 1),
      Enter: answer,
    },
    onClassKey() {},
    show() {
      open = true;
      if (stale) load();
      if (cells.length) board.setAttribute("aria-activedescendant", `map-${current}`);
      board.focus({ preventScroll: true });
    },
    hide() {
      open = false;
    },
  };
}
