/** One cluster at a time: name it, mark what does not belong, go on. */

import { createAnswering } from "../answering.js";
import { comeHome, h, icon, iconButton } from "../dom.js";
import { createGrid } from "../grid.js";
import { createLoupe } from "../loupe.js";
import { enableMarking } from "../marking.js";
import { createPanel } from "../panel.js";
import { CLUSTERS, LOUPE, plainReason } from "../text.js";
import { createEmpty } from "./empty.js";
import { createMisfits } from "./misfits.js";
import { createSizer } from "./sizer.js";

/** @param {import("../main.js").App} app */
export function createClusters(app) {
  const { state, changes, drafts, effort, examples, gathering, toasts, thumbnails, sharp } = app;
  const deck = app.decks.cluster;
  /** @type {number | null} */
  let shown = null;
  let pointed = -1;
  let pointerX = 0;
  const { answer, sayMany, skip, verdictOf } = createAnswering(app, deck, (text) => panel.say(text));
  const grid = createGrid({ thumbnails, sharp, onMoved: followLoupe });
  const loupe = createLoupe(thumbnails);
  const misfits = createMisfits({ grid, changes, drafts, scope: () => deck.current()?.id, onChange: marksChanged });
  const marking = enableMarking(grid, {
    isMarked: (item) => misfits.marks().has(item),
    flip: misfits.flip,
    dragsWithTouch: () => grid.element.classList.contains("marking"),
  });
  const panel = createPanel({
    state, id: "cluster-class", label: CLUSTERS.ask, onAccept: accept,
    acceptLabel: (name) => CLUSTERS.accept(size() - misfits.marks().size, name),
    undo: changes.undo, home: () => grid.element.focus({ preventScroll: true }), onChange: renderNaming,
    verdicts: [
      { ...CLUSTERS.mixed, run: () => close({ verdict: "mixed" }, CLUSTERS.saidMixed) },
      { ...CLUSTERS.none, run: dismiss },
      { ...CLUSTERS.skip, run: pass },
    ],
  });

  const title = h("h2");
  const reason = h("p", { class: "reason" });
  const toggles = { class: "mark-mode", "aria-pressed": "false", onclick: toggleMode };
  const naming = h("button", { class: "quiet", title: CLUSTERS.nameThemTitle, hidden: true, onclick: nameMarked });
  misfits.element.append(naming);
  const touch = h("button", toggles, icon("mark"), CLUSTERS.markMode);
  const sizer = createSizer({ sharp, onSize: grid.setSize });
  const rail = h("ol", { class: "rail", "aria-label": CLUSTERS.rail });
  const words = h("div", { class: "words" }, title, reason);
  const head = h("header", { class: "stage-head" }, words, misfits.element, touch, sizer.element);
  const table = h("div", { class: "stage" }, head, grid.element);
  const empty = createEmpty(app, "cluster");
  const frame = h("nav", { class: "rail-frame", "aria-label": CLUSTERS.rail }, h("h2", { class: "small" }, CLUSTERS.next), rail);
  const element = h("div", { class: "view clusters" }, frame, table, empty, panel.element);

  function size() {
    return deck.current()?.size ?? 0;
  }

  function draft() {
    return { marks: [...misfits.marks()], choice: panel.box.text(), together: misfits.together() };
  }

  function marksChanged() {
    if (shown !== null) drafts.write(shown, draft());
    panel.refresh();
  }

  function renderNaming() {
    const [n, choice] = [misfits.unnamed().length, panel.box.choice()];
    naming.hidden = n === 0;
    naming.disabled = !choice;
    naming.textContent = CLUSTERS.nameThem(n, panel.box.text() ? choice?.name : undefined);
  }

  /** What is marked has a class of its own; it stays out of this cluster, and is not asked about. */
  function nameMarked() {
    const [question, choice, items] = [deck.current(), panel.box.choice(), misfits.unnamed()];
    if (!question || items.length === 0) return;
    if (!choice || !panel.box.text()) {
      toasts.say(CLUSTERS.chooseFirst);
      return panel.box.focus();
    }
    const verdict = verdictOf(choice);
    const color = state.classNamed(choice.name)?.color ?? "";
    const here = () => shown === question.id;
    sayMany(items.map((item) => ({ item, ...verdict })), {
      about: CLUSTERS.said(items.length, choice.name),
      apply: () => here() && misfits.name(items, color),
      revert: () => here() && misfits.name(items, null),
    });
    panel.box.reset(question.guesses);
    grid.element.focus({ preventScroll: true });
  }

  function accept() {
    const choice = panel.box.choice();
    if (!deck.current()) return;
    if (!choice) {
      toasts.say(CLUSTERS.chooseFirst);
      queueMicrotask(panel.box.focus); // after the button has sent the focus home
      return;
    }
    const n = size() - misfits.marks().size;
    if (n === 0) return toasts.say(CLUSTERS.allMarked);
    close({ ...verdictOf(choice), ...leftOut() }, CLUSTERS.said(n, choice.name));
  }

  /** None of the classes fits; what is marked is left for later. */
  function dismiss() {
    close({ verdict: "none", ...leftOut() }, CLUSTERS.saidNone(size() - misfits.marks().size));
  }

  function leftOut() {
    return { misfits: [...misfits.marks()], ...(misfits.together() && { together: true }) };
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

  /** @returns {number} the image under the pointer, or else the current one */
  function here() {
    return pointed >= 0 ? pointed : grid.current();
  }

  /** @param {() => void} run once every member is here: the first few come before the others */
  function onceWhole(run) {
    const question = deck.current();
    if (!question) return;
    if (grid.items().length >= question.size) return run();
    deck.detail(question.id).then(() => shown === question.id && run(), () => undefined);
  }

  function followLoupe() {
    if (loupe.isOpen()) openLoupe();
  }

  /** @param {boolean} [whole] over the whole window */
  function openLoupe(whole = loupe.isWhole()) {
    const index = here();
    const item = grid.itemAt(index);
    if (item !== undefined) loupe.show(item, LOUPE.caption(index + 1, size(), item), pointerX, whole);
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
    panel.lock(!question || Boolean(state.now.project?.read_only));
    if (!question) shown = null;
    if (question && question.id === shown) {
      panel.box.suggest(question.guesses);
      learn(deck.detailNow(question.id));
    }
    if (question && question.id !== shown) lay(question);
    renderRail(); // after the table: its pictures come first
  }

  /** @param {import("../types.js").Question} question Put it on the table. */
  function lay(question) {
    shown = question.id;
    const before = drafts.read(question.id);
    misfits.begin(before);
    title.textContent = CLUSTERS.title(question.size);
    reason.textContent = plainReason(question);
    marking.reset();
    loupe.hide();
    pointed = -1;
    const members = deck.detailNow(question.id)?.members;
    grid.show(members ?? question.cover, question.size, misfits.marks());
    panel.box.reset(question.guesses, before.choice);
    misfits.refresh();
    effort.start();
    if (members) learn(deck.detailNow(question.id));
    else fetchMembers(question);
  }

  /** @param {import("../types.js").QuestionDetail | undefined} detail of the question on the table */
  function learn(detail) {
    if (!detail) return;
    const own = (detail.named ?? []).map(({ item, class_id }) => /** @type {[number, string]} */ ([item, state.classOf(class_id)?.color ?? ""]));
    misfits.know(new Set(detail.outliers), new Map(own));
  }

  /** @param {import("../types.js").Question} question */
  function fetchMembers(question) {
    deck.detail(question.id).then(
      (detail) => {
        if (shown !== question.id) return;
        grid.show(detail.members ?? [], question.size, misfits.marks());
        learn(detail);
      },
      (error) => toasts.trouble(error, { label: CLUSTERS.again, run: () => fetchMembers(question) }),
    );
  }

  /** @param {import("../types.js").Question} other Make it and the one on the table one cluster. */
  function join(other) {
    const question = deck.current();
    if (!question) return;
    Promise.all([deck.detail(question.id), deck.detail(other.id)]).then(
      ([{ members: ours = [] }, { members: theirs = [] }]) =>
        gathering.gather([...ours, ...theirs], {
          about: CLUSTERS.joined, reason: CLUSTERS.joinedReason(ours.length, theirs.length),
          insteadOf: [question.id, other.id], draft: draft(),
        }),
      (error) => toasts.trouble(error),
    );
  }

  function renderRail() {
    const rows = deck.ahead().slice(0, 8).map((question) => {
      const cover = question.cover.slice(0, 4).map((item) => thumbnails.picture(item));
      const takes = { class: "coming", title: plainReason(question), onclick: () => deck.putBack(question) };
      const inside = h("span", { class: sharp ? "cover sharp" : "cover" }, cover);
      const joins = iconButton("merge", CLUSTERS.join(question.size), () => join(question));
      return h("li", {}, h("button", takes, inside, h("span", {}, CLUSTERS.size(question.size))), joins);
    });
    rail.replaceChildren(...rows);
  }

  /** @type {Record<string, () => void>} */
  const commands = {
    Enter: accept,
    s: pass,
    x: () => close({ verdict: "mixed" }, CLUSTERS.saidMixed),
    n: dismiss,
    m: () => misfits.flip([grid.itemAt(here())].filter((item) => item !== undefined)),
    "Shift+m": () => onceWhole(misfits.markFrom.bind(null, here())),
    "Shift+i": () => onceWhole(misfits.invert),
    "Shift+g": misfits.toggleTogether,
    "Shift+e": () => {
      const item = grid.itemAt(here());
      if (item !== undefined) examples.add(item, panel.box.choice()?.known);
    },
    "Shift+o": () => onceWhole(misfits.markOutliers),
    "Shift+n": nameMarked,
    "Shift+s": () => {
      const item = grid.itemAt(here());
      if (item !== undefined) gathering.gatherAlike(item);
    },
    c: panel.box.focus,
    "/": panel.box.focus,
    "+": () => sizer.step(1),
    "-": () => sizer.step(-1),
    " ": () => (loupe.isOpen() ? loupe.hide() : openLoupe(false)),
    Escape: () => (loupe.isOpen() ? loupe.hide() : marking.cancel() || misfits.clear()),
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

  grid.element.addEventListener("dblclick", () => openLoupe(true));
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
