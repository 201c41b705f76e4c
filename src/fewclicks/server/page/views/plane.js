/** Every image as a point, like beside like: lasso some, look at them, ask about them as a cluster. */

import { ApiError, getBytes } from "../api.js";
import { cap, comeHome, h, swatch } from "../dom.js";
import { enableLassoing } from "../lassoing.js";
import { paints } from "../painting.js";
import { createPoints } from "../points.js";
import { createScatter } from "../scatter.js";
import { count, PLANE } from "../text.js";

/** Pictures of what is chosen, at most. */
const MOST_SHOWN = 60;
const CALM_MS = 500;
/** So many points are megabytes: their colours are fetched anew less often. */
const MANY = 200_000;
const MANY_MS = 10_000;
const COLORING = "fewclicks.plane.colors";

/** @param {import("../main.js").App} app @returns {import("../main.js").View} */
export function createPlane(app) {
  const { state, outbox, gathering, thumbnails, toasts, sharp } = app;
  const scatter = createScatter();
  /** @type {import("../points.js").Points | null} */
  let points = null;
  /** @type {import("../painting.js").Labelled | null} */
  let labelled = null;
  /** @type {number[]} */
  let chosen = [];
  let open = false;
  let stale = true;
  let serial = 0;

  const board = h("div", { class: "plane-board", role: "application", tabIndex: 0, "aria-label": PLANE.label }, scatter?.element);
  const picture = h("div", { class: sharp ? "plane-picture sharp" : "plane-picture", hidden: true });
  const by = h("select", { "aria-label": PLANE.colors, onchange: recolor },
    Object.entries(PLANE.colorings).map(([value, name]) => h("option", { value, selected: value === localStorage.getItem(COLORING) }, name)));
  const missing = h("button", { class: "quiet", hidden: true, onclick: layOut });
  const head = h("header", { class: "stage-head" },
    h("div", { class: "words" }, h("h2", {}, PLANE.title), h("p", { class: "reason" }, PLANE.about)),
    missing, h("label", { class: "plane-by" }, PLANE.colors, by), h("button", { class: "quiet", onclick: () => scatter?.fit() }, PLANE.fit, cap("Home")));
  const legend = h("ul", { class: "plane-legend", "aria-label": PLANE.legend });
  const told = h("p", { class: "plane-told", role: "status" });
  const pictures = { role: "group", tabIndex: 0, "aria-label": PLANE.chosen };
  const shown = h("div", { class: sharp ? "plane-shown sharp" : "plane-shown", ...pictures });
  const ask = h("button", { class: "primary accept", onclick: askAbout }, h("span", {}, PLANE.ask), cap("Enter"));
  const alike = h("button", { onclick: moreLikeThis }, h("span", {}, PLANE.alike), cap("Shift S"));
  const panel = h("section", { class: "panel", "aria-label": PLANE.panel }, legend, told, shown, ask, alike);
  const emptyTitle = h("h2");
  const emptyText = h("p");
  const begin = h("button", { class: "primary", onclick: layOut }, PLANE.layOut);
  const empty = h("div", { class: "empty" }, emptyTitle, emptyText, begin);
  const table = h("div", { class: "stage" }, head, h("div", { class: "plane-frame" }, board, picture));
  const element = h("div", { class: "view queue plane is-empty" }, table, empty, panel);
  const lasso = scatter && enableLassoing(board, scatter, { points: () => points, choose, point: hover });

  /** @param {string} title @param {string} text @param {boolean} canBegin */
  function say(title, text, canBegin) {
    element.classList.add("is-empty");
    [emptyTitle.textContent, emptyText.textContent] = [title, text];
    begin.hidden = !canBegin || Boolean(state.now.project?.read_only);
  }

  function layOut() {
    outbox.add("POST", "api/jobs", { kind: "layout", args: {} }, { about: PLANE.layOut, accepted: state.watch });
    say(PLANE.laying, PLANE.layingWhy, false);
  }

  async function load() {
    if (!scatter) return say(PLANE.noWebGL, PLANE.noWebGLWhy, false);
    const mine = ++serial;
    stale = false;
    try {
      const [places, labels] = await Promise.all([getBytes("api/layout"), getBytes("api/labels")]);
      if (mine === serial) show(new Float32Array(places), labels);
    } catch (error) {
      stale = true;
      if (!(error instanceof ApiError)) throw error;
      const isBusy = state.now.progress?.jobs.some(({ kind, state: now }) => kind === "layout" && now !== "failed");
      if (error.status === 409) say(isBusy ? PLANE.laying : PLANE.none, isBusy ? PLANE.layingWhy : PLANE.noneWhy, !isBusy);
      else toasts.trouble(error, { label: PLANE.again, run: load });
    }
  }

  /** @param {Float32Array} places @param {ArrayBuffer} labels */
  function show(places, labels) {
    const isNew = points?.n !== places.length / 2;
    const begins = open && element.classList.contains("is-empty");
    element.classList.remove("is-empty");
    if (begins) comeHome(board);
    if (isNew) {
      points = createPoints(places);
      scatter?.setPlaces(places);
      choose([]);
    }
    const n = labels.byteLength / 10;
    labelled = {
      classes: new Int32Array(labels, 0, n), clusters: new Int32Array(labels, 4 * n, n),
      confidences: new Uint8Array(labels, 8 * n, n), sources: new Uint8Array(labels, 9 * n, n),
    };
    missing.hidden = n <= places.length / 2;
    missing.textContent = PLANE.missing(n - places.length / 2);
    recolor();
  }

  function recolor() {
    localStorage.setItem(COLORING, by.value);
    if (!labelled || !points || !scatter) return;
    const { colors, rows } = paints(by.value, labelled, points.n, state.now.classes, new Set(chosen));
    scatter.setColors(colors);
    legend.replaceChildren(...rows.map(({ color, name, n }) =>
      h("li", {}, swatch(color), h("span", { class: "name" }, name), h("span", { class: "count" }, count(n)))));
  }

  /** @param {number[]} found items, central ones first */
  function choose(found) {
    chosen = found;
    told.textContent = PLANE.chose(found.length);
    shown.replaceChildren(...found.slice(0, MOST_SHOWN).map((item) => thumbnails.picture(item)));
    ask.disabled = found.length < 2 || Boolean(state.now.project?.read_only);
    alike.hidden = found.length !== 1;
    if (found.length === 0) lasso?.clear();
    recolor();
  }

  /** @param {number} item @param {number} x px on the board @param {number} y */
  function hover(item, x, y) {
    picture.hidden = item < 0;
    if (item < 0) return;
    if (picture.dataset.item !== String(item)) picture.replaceChildren(thumbnails.picture(item));
    picture.dataset.item = String(item);
    Object.assign(picture.style, { left: `${x + (x > board.clientWidth / 2 ? -130 : 18)}px`, top: `${Math.min(y, board.clientHeight - 120)}px` });
  }

  function askAbout() {
    if (chosen.length < 2) return toasts.say(PLANE.chooseFirst);
    gathering.gather(chosen, { about: PLANE.asked(chosen.length), reason: PLANE.reason, after: () => choose([]) });
  }

  function moreLikeThis() {
    if (chosen.length === 1) gathering.gatherAlike(chosen[0]);
  }

  function refresh() {
    stale = true;
    const calm = (points?.n ?? 0) > MANY ? MANY_MS : CALM_MS;
    if (open) setTimeout(() => open && stale && load(), calm);
  }

  ["round", "event", "classes"].forEach((topic) => state.on(/** @type {import("../state.js").Topic} */ (topic), refresh));

  return {
    element,
    commands: {
      ArrowLeft: () => lasso?.walk(-1, 0),
      ArrowRight: () => lasso?.walk(1, 0),
      ArrowUp: () => lasso?.walk(0, -1),
      ArrowDown: () => lasso?.walk(0, 1),
      "+": () => lasso?.grow(1.25),
      "-": () => lasso?.grow(0.8),
      PageUp: () => lasso?.zoom(1.5),
      PageDown: () => lasso?.zoom(1 / 1.5),
      Home: () => scatter?.fit(),
      " ": () => lasso?.take(),
      Enter: askAbout,
      "Shift+s": moreLikeThis,
      Escape: () => choose([]),
    },
    onClassKey() {},
    show() {
      open = true;
      if (stale) load();
      board.focus({ preventScroll: true });
    },
    hide() {
      open = false;
      picture.hidden = true;
    },
  };
}
