/** Many confusing items at once, each with what it is taken for: click the wrong ones, Enter. */

import { createAnswering } from "../answering.js";
import { cap, h, swatch } from "../dom.js";
import { createPanel } from "../panel.js";
import { BATCH, percent, QUEUE } from "../text.js";

/** Cards at a time: what one look takes in. */
const MOST = 24;
/** What is less likely right than wrong is quicker to answer singly. */
const LEAST_SHARE = 0.5;

/**
 * @typedef {import("../types.js").Question} Question
 * @typedef {import("../types.js").Verdict} Verdict
 * @typedef {{question: Question, verdict: Verdict, name: string, share: number | null,
 *   left: boolean}} Card `share` is the belief in what was suggested, null once it was changed;
 *   `left` leaves the item to be looked at singly
 */

/**
 * @param {import("../main.js").App} app
 * @param {() => void} toSingle shows the items one by one
 */
export function createBatch(app, toSingle) {
  const { state, changes, effort, thumbnails, toasts, sharp } = app;
  const deck = app.decks.item;
  const { answerMany, verdictOf } = createAnswering(app, deck, (text) => panel.say(text));
  /** @type {Card[]} */
  let cards = [];
  /** @type {Set<number>} questions to be looked at singly */
  const later = new Set();
  let current = 0;
  const board = h("div", {
    class: sharp ? "batch-board sharp" : "batch-board", role: "listbox", tabIndex: 0,
    "aria-multiselectable": "true", "aria-label": BATCH.label, onclick: onClick,
  });
  const home = () => board.focus({ preventScroll: true });
  const panel = createPanel({
    state, id: "batch-class", label: BATCH.ask, onPick: choose, onAccept: accept,
    acceptLabel: () => BATCH.accept(cards.filter(({ left }) => !left).length),
    undo: changes.undo, home,
    verdicts: [
      { ...QUEUE.unsure, run: () => say({ verdict: "unsure" }, BATCH.unsure) },
      { ...QUEUE.none, run: () => say({ verdict: "none" }, BATCH.none) },
    ],
  });
  const title = h("h2");
  const single = h("button", { class: "quiet mode", onclick: toSingle }, BATCH.single, cap("Shift B"));
  const head = h("header", { class: "stage-head" },
    h("div", { class: "words" }, title, h("p", { class: "reason" }, BATCH.about)), single);
  const none = h("div", { class: "empty" }, h("h2", {}, BATCH.nothing), h("p", {}, BATCH.nothingWhy),
    h("button", { class: "primary", onclick: toSingle }, BATCH.single));
  const element = h("div", { class: "view queue batch" }, h("div", { class: "stage" }, head, board), none, panel.element);

  /** @param {Question} question @returns {Card | null} null: it is to be looked at singly */
  function card(question) {
    const [best] = question.guesses; // none where whoever answers must not be led on
    const known = state.classOf(best?.class_id);
    if (!known || best.confidence < LEAST_SHARE || later.has(question.id)) return null;
    const verdict = /** @type {Verdict} */ ({ verdict: "class", class_id: known.id });
    return { question, verdict, name: known.name, share: best.confidence, left: false };
  }

  /** Deal what is open, the same class side by side, so that what is wrong stands out. */
  function deal() {
    const open = [deck.current(), ...deck.ahead()].filter((question) => question !== null);
    cards = open.slice(0, 2 * MOST).map(card).filter((made) => made !== null).slice(0, MOST);
    const rank = (/** @type {Card} */ { verdict }) => state.now.classes.findIndex(({ id }) => id === verdict.class_id);
    cards.sort((one, other) => rank(one) - rank(other) || (other.share ?? 0) - (one.share ?? 0));
    current = 0;
    effort.start();
    render();
  }

  /** @param {Card} shown @param {number} index */
  function draw({ question, verdict, name, share, left }, index) {
    const known = state.classOf(verdict.class_id) ?? state.classNamed(name);
    const words = left ? BATCH.left : name;
    const sure = left || share === null ? "" : percent(share);
    return h(
      "div",
      {
        class: ["card", index === current && "current", share === null && "changed"].filter(Boolean).join(" "),
        role: "option", id: `card-${index}`, "aria-selected": String(left), "aria-label": `${words} ${sure}`,
      },
      thumbnails.picture(/** @type {number} */ (question.item)),
      h("span", { class: "said-of" }, known && !left && swatch(known.color), h("span", { class: "name" }, words), h("span", { class: "sure" }, sure)),
    );
  }

  function render() {
    element.classList.toggle("is-empty", cards.length === 0);
    panel.lock(cards.length === 0 || Boolean(state.now.project?.read_only));
    title.textContent = BATCH.title(cards.length);
    board.replaceChildren(...cards.map(draw));
    board.setAttribute("aria-activedescendant", `card-${current}`);
    panel.refresh();
  }

  /** @param {number} index Leave it for later, or take that back. */
  function flip(index) {
    if (!cards[index]) return;
    cards[index] = { ...cards[index], left: !cards[index].left };
    current = index;
    render();
  }

  /** @param {Verdict} verdict @param {string} name what is said of the current card */
  function say(verdict, name) {
    if (!cards[current]) return;
    cards[current] = { ...cards[current], verdict, name, share: null, left: false };
    walk(1);
    panel.box.reset([]);
  }

  /** @param {import("../classbox.js").Choice} choice */
  function choose(choice) {
    say(verdictOf(choice), choice.name);
  }

  /** What is typed is for the current card; with nothing typed, all that is not left is right. */
  function accept() {
    const choice = panel.box.choice();
    if (choice) return choose(choice);
    const said = cards.filter(({ left }) => !left);
    if (said.length === 0) return toasts.say(BATCH.allLeft);
    cards.filter(({ left }) => left).forEach(({ question }) => later.add(question.id));
    answerMany(said.map(({ question, verdict }) => ({ question, verdict })), BATCH.said(said.length));
  }

  /** @param {MouseEvent} event */
  function onClick(event) {
    const found = event.target instanceof Element ? event.target.closest(".card") : null;
    if (found) flip(Number(found.id.slice("card-".length)));
  }

  /** @param {number} by */
  function walk(by) {
    current = Math.max(0, Math.min(cards.length - 1, current + by));
    render();
    board.children[current]?.scrollIntoView({ block: "nearest" });
  }

  const columns = () => getComputedStyle(board).gridTemplateColumns.split(" ").length;

  /** Deal anew unless all that lies there is still open. */
  function keep() {
    const open = new Set([deck.current(), ...deck.ahead()].map((question) => question?.id));
    if (cards.length === 0 || !cards.every(({ question }) => open.has(question.id))) deal();
  }

  deck.onChange(() => !element.hidden && keep());
  state.on("project", () => !element.hidden && render());
  element.hidden = true;

  return {
    element,
    /** @type {Record<string, () => void>} */
    commands: {
      Enter: accept,
      m: () => flip(current),
      " ": () => flip(current),
      u: () => say({ verdict: "unsure" }, BATCH.unsure),
      n: () => say({ verdict: "none" }, BATCH.none),
      c: panel.box.focus,
      "/": panel.box.focus,
      "Shift+b": toSingle,
      ArrowRight: () => walk(1),
      ArrowLeft: () => walk(-1),
      ArrowDown: () => walk(columns()),
      ArrowUp: () => walk(-columns()),
    },
    /** @param {import("../types.js").ClassRecord} known its key was pressed */
    onClassKey: (known) => choose({ known, name: known.name }),
    show() {
      deal();
      home();
    },
    hide() {},
  };
}
