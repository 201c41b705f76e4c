/** One cluster at a time: name it, mark what does not belong, go on. */

import { createAnswering } from "../answering.js";
import { comeHome, h, icon } from "../dom.js";
import { createGrid } from "../grid.js";
import { createLoupe } from "../loupe.js";
import { enableMarking } from "../marking.js";
import { createPanel } from "../panel.js";
import { CLUSTERS, LOUPE, plainReason } from "../text.js";
import { createEmpty } from "./empty.js";
import { createSizer } from "./sizer.js";

/** @param {import("../main.js").App} app */
export function createClusters(app) {
  const { state, changes, drafts, effort, toasts, thumbnails, sharp } = app;
  const deck = app.decks.cluster;
  /** @type {Set<number>} */
  let marks = new Set();
  /** @type {number | null} */
  let shown = null;
  let pointed = -1;
  let pointerX = 0;
  const { answer, skip, verdictOf } = createAnswering(app, deck, (text) => panel.say(text));
  const grid = createGrid({ thumbnails, sharp, onMoved: followLoupe });
  const loupe = createLoupe(thumbnails);
  const marking = enableMarking(grid, {
    isMarked: (item) => marks.has(item),
    flip,
    dragsWithTouch: () => grid.element.classList.contains("marking"),
  });
  const panel = createPanel({
    state, id: "cluster-class", label: CLUSTERS.ask, onAccept: accept,
    acceptLabel: (name) => CLUSTERS.accept(size() - marks.size, name),
    undo: changes.undo, home: () => grid.element.focus({ preventScroll: true }),
    verdicts: [
      { ...CLUSTERS.mixed, run: () => close({ verdict: "mixed" }, CLUSTERS.saidMixed) },
      { ...CLUSTERS.none, run: dismiss },
      { ...CLUSTERS.skip, run: pass },
    ],
  });

  const title = h("h2");
  const reason = h("p", { class: "reason" });
  const count = h("span", { role: "status" });
  const unmark = h("button", { class: "quiet", onclick: clear }, CLUSTERS.clear);
  const counter = h("div", { class: "counter" }, count, unmark);
  const toggles = { class: "mark-mode", "aria-pressed": "false", onclick: toggleMode };
  const touch = h("button", toggles, icon("mark"), CLUSTERS.markMode);
  const sizer = createSizer({ sharp, onSize: grid.setSize });
  const rail = h("ol", { class: "rail", "aria-label": CLUSTERS.rail });
  const words = h("div", { class: "words" }, title, reason);
  const head = h("header", { class: "stage-head" }, words, counter, touch, sizer.element);
  const table = h("div", { class: "stage" }, head, grid.element);
  const empty = createEmpty(app, "cluster");
  const frame = h("nav", { class: "rail-frame", "aria-label": CLUSTERS.rail }, h("h3", {}, CLUSTERS.next), rail);
  const element = h("div", { class: "view clusters" }, frame, table, empty, panel.element);

  function size() {
    return deck.current()?.size ?? 0;
  }

  function draft() {
    return { marks: [...marks], choice: panel.box.text() };
  }

  /** @param {number[]} items Mark or unmark them, as one step that undo takes back. */
  function flip(items) {
    const question = deck.current();
    if (!question || items.length === 0) return;
    const turn = () => {
      for (const item of items) if (!marks.delete(item)) marks.add(item);
      marksChanged();
    };
    turn();
    changes.local({ about: CLUSTERS.marked(items.length), scope: question.id, revert: turn, reapply: turn });
  }

  function marksChanged() {
    if (shown !== null) drafts.write(shown, draft());
    count.textContent = CLUSTERS.misfits(marks.size);
    counter.classList.toggle("some", marks.size > 0);
    unmark.hidden = marks.size === 0;
    grid.refreshMarks();
    panel.refresh();
  }

  function clear() {
    flip([...marks]);
    panel.element.isConnected && grid.element.focus({ preventScroll: true });
  }

  function accept() {
    const choice = panel.box.choice();
    if (!deck.current()) return;
    if (!choice) {
      toasts.say(CLUSTERS.chooseFirst);
      queueMicrotask(panel.box.focus); // after the button has sent the focus home
      return;
    }
    const n = size() - marks.size;
    if (n === 0) return toasts.say(CLUSTERS.allMarked);
    close({ ...verdictOf(choice), misfits: [...marks] }, CLUSTERS.said(n, choice.name));
  }

  /** None of the classes fits; what is marked is left for later. */
  function dismiss() {
    close({ verdict: "none", misfits: [...marks] }, CLUSTERS.saidNone(size() - marks.size));
  }

  /** @param {import("../types.js").Verdict} verdict @param {string} about */
  function close(verdict, about) {
    if (!deck.current()) return;
    answer(verdict, about, draft());
  }

  function pass() {
    if (!deck.current()) return;
    skip(CLUSTERS.saidSkip, draft());
  }

  function toggleMode() {
    const on = grid.element.classList.toggle("marking");
    touch.setAttribute("aria-pressed", String(on));
  }

  function followLoupe() {
    if (loupe.isOpen()) openLoupe();
  }

  function openLoupe() {
    const index = pointed >= 0 ? pointed : grid.current();
    const item = grid.itemAt(index);
    if (item !== undefined) loupe.show(item, LOUPE.caption(index + 1, size(), item), pointerX);
  }

  /** @param {PointerEvent} event */
  function onPoint(event) {
    const index = grid.indexOf(event.target);
    if (index === pointed) return;
    [pointed, pointerX] = [index, event.clientX];
    followLoupe();
  }

  function render() {
    const question = deck.current();
    const begins = question && element.classList.contains("is-empty") && !element.hidden;
    element.classList.toggle("is-empty", !question);
    if (begins) comeHome(grid.element);
    renderRail();
    panel.lock(!question || Boolean(state.now.project?.read_only));
    if (!question) shown = null;
    if (question?.id === shown) panel.box.suggest(question?.guesses ?? []);
    if (!question || question.id === shown) return;
    shown = question.id;
    const before = drafts.read(question.id);
    marks = new Set(before.marks);
    title.textContent = CLUSTERS.title(question.size);
    reason.textContent = plainReason(question);
    marking.reset();
    loupe.hide();
    pointed = -1;
    const here = deck.detailNow(question.id)?.members;
    grid.show(here ?? question.cover, question.size, marks);
    panel.box.reset(question.guesses, before.choice);
    marksChanged();
    effort.start();
    if (!here) fetchMembers(question);
  }

  /** @param {import("../types.js").Question} question */
  function fetchMembers(question) {
    deck.detail(question.id).then(
      ({ members = [] }) => shown === question.id && grid.show(members, question.size, marks),
      (error) => toasts.trouble(error, { label: CLUSTERS.again, run: () => fetchMembers(question) }),
    );
  }

  function renderRail() {
    const rows = deck.ahead().slice(0, 8).map((question) => {
      const cover = question.cover.slice(0, 4).map((item) => thumbnails.picture(item));
      const takes = { class: "coming", title: plainReason(question), onclick: () => deck.putBack(question) };
      const inside = h("span", { class: sharp ? "cover sharp" : "cover" }, cover);
      return h("li", {}, h("button", takes, inside, h("span", {}, CLUSTERS.size(question.size))));
    });
    rail.replaceChildren(...rows);
  }

  /** @type {Record<string, () => void>} */
  const commands = {
    Enter: accept,
    s: pass,
    x: () => close({ verdict: "mixed" }, CLUSTERS.saidMixed),
    n: dismiss,
    m: () => flip([grid.itemAt(grid.current())].filter((item) => item !== undefined)),
    c: panel.box.focus,
    "/": panel.box.focus,
    "+": () => sizer.step(1),
    "-": () => sizer.step(-1),
    " ": () => (loupe.isOpen() ? loupe.hide() : openLoupe()),
    Escape: () => (loupe.isOpen() ? loupe.hide() : marking.cancel() || clear()),
    ArrowRight: () => walk(1),
    ArrowLeft: () => walk(-1),
    ArrowDown: () => walk(grid.columns()),
    ArrowUp: () => walk(-grid.columns()),
    PageDown: () => walk(grid.page()),
    PageUp: () => walk(-grid.page()),
    Home: () => grid.moveTo(0),
    End: () => grid.moveTo(Infinity),
  };

  /** @param {number} by */
  function walk(by) {
    pointed = -1;
    grid.moveTo(grid.current() + by);
  }

  grid.element.addEventListener("pointermove", onPoint);
  grid.element.addEventListener("pointerleave", () => (pointed = -1));
  deck.onChange(render);
  state.on("project", render);

  return {
    element,
    commands,
    /** @param {import("../types.js").ClassRecord} known its key was pressed */
    onClassKey: (known) => panel.box.set({ known, name: known.name }),
    firstScreen: grid.firstScreen,
    show() {
      if (shown !== null) deck.refresh();
      render();
      effort.start();
      grid.element.focus({ preventScroll: true });
    },
    hide: loupe.hide,
  };
}
