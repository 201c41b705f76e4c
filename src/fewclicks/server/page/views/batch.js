/** Many confusing items at once, each with what it is taken for: click the wrong ones, Enter. */

import { createAnswering } from "../answering.js";
import { createCards } from "../cards.js";
import { cap, h } from "../dom.js";
import { BATCH } from "../text.js";

/** Cards at a time: what one look takes in. */
const MOST = 24;
/** What is less likely right than wrong is quicker to answer singly. */
const LEAST_SHARE = 0.5;

/**
 * @typedef {import("../types.js").Question} Question
 * @typedef {import("../cards.js").Card} Card
 */

/**
 * @param {import("../main.js").App} app
 * @param {() => void} toSingle shows the items one by one
 */
export function createBatch(app, toSingle) {
  const { state, effort, toasts } = app;
  const deck = app.decks.item;
  const { answerMany, verdictOf } = createAnswering(app, deck, (text) => cards.panel.say(text));
  /** @type {Set<number>} questions to be looked at singly */
  const later = new Set();
  const cards = createCards(app, { id: "batch", label: BATCH.label, verdictOf, onAccept: accept });
  const title = h("h2");
  const single = h("button", { class: "quiet mode", onclick: toSingle }, BATCH.single, cap("Shift B"));
  const head = h("header", { class: "stage-head" },
    h("div", { class: "words" }, title, h("p", { class: "reason" }, BATCH.about)), single);
  const none = h("div", { class: "empty" }, h("h2", {}, BATCH.nothing), h("p", {}, BATCH.nothingWhy),
    h("button", { class: "primary", onclick: toSingle }, BATCH.single));
  const table = h("div", { class: "stage" }, head, cards.board);
  const element = h("div", { class: "view queue batch" }, table, none, cards.panel.element);

  /** @returns {Question[]} */
  const open = () => [deck.current(), ...deck.ahead()].filter((question) => question !== null);

  /** @param {Question} question @returns {Card | null} null: it is to be looked at singly */
  function card(question) {
    const [best] = question.guesses; // none where whoever answers must not be led on
    const known = state.classOf(best?.class_id);
    if (!known || best.confidence < LEAST_SHARE || later.has(question.id)) return null;
    return {
      question, item: question.item ?? 0, verdict: { verdict: "class", class_id: known.id },
      name: known.name, share: best.confidence, left: false,
    };
  }

  /** Deal what is open, the same class side by side, so that what is wrong stands out. */
  function deal() {
    const dealt = open().map(card).filter((made) => made !== null).slice(0, MOST);
    const rank = (/** @type {Card} */ { verdict }) => state.now.classes.findIndex(({ id }) => id === verdict.class_id);
    dealt.sort((one, other) => rank(one) - rank(other) || (other.share ?? 0) - (one.share ?? 0));
    put(dealt);
  }

  /** @param {Card[]} dealt */
  function put(dealt) {
    element.classList.toggle("is-empty", dealt.length === 0);
    title.textContent = BATCH.title(dealt.length);
    effort.start();
    cards.lay(dealt);
  }

  function accept() {
    const lay = cards.all();
    const said = lay.filter(({ left }) => !left);
    const left = lay.filter((one) => one.left).map(({ question }) => question?.id ?? -1);
    if (said.length === 0) return toasts.say(BATCH.allLeft);
    answerMany(said, BATCH.said(said.length), {
      again: () => (left.forEach((id) => later.add(id)), deal()),
      back: () => (left.forEach((id) => later.delete(id)), put(lay)),
    });
  }

  /**
   * Deal anew unless all that lies there is still open. What somebody has begun to say stays: a
   * round closes questions, but takes answers to them all the same.
   */
  function keep() {
    const ids = new Set(open().map(({ id }) => id));
    const lies = cards.all();
    if (lies.some(({ left, share }) => left || share === null)) return;
    if (lies.length === 0 || !lies.every(({ question }) => question && ids.has(question.id))) deal();
  }

  deck.onChange(() => !element.hidden && keep());
  state.on("project", () => !element.hidden && cards.render());
  element.hidden = true;

  return {
    element,
    commands: { ...cards.commands, "Shift+b": toSingle },
    onClassKey: cards.onClassKey,
    show() {
      deal();
      cards.home();
    },
    hide() {},
  };
}
