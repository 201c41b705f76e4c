/** What the model has labelled, a class at a time, the least sure first: looks right, or does not. */

import { ApiError, get } from "../api.js";
import { createAnswering } from "../answering.js";
import { createCards } from "../cards.js";
import { cap, comeHome, h, swatch } from "../dom.js";
import { count, MISTAKES, REVIEW } from "../text.js";

/** Cards at a time, and how many more are at hand. */
const MOST = 48;
const AT_HAND = 96;
/** The server tells no more at once. */
const MOST_ASKED = 1000;

/** @typedef {import("../cards.js").Card} Card */

/**
 * @param {import("../main.js").App} app
 * @param {() => void} toMistakes shows suspected mistakes instead
 */
export function createReview(app, toMistakes) {
  const { state, outbox, effort, toasts } = app;
  const { sayMany, verdictOf } = createAnswering(app, app.decks.item, (text) => cards.panel.say(text));
  const cards = createCards(app, { id: "review", label: REVIEW.label, verdictOf, onAccept: accept, onChange: changed });
  /** @type {import("../types.js").Reviewed[]} */
  let classes = [];
  /** @type {number | null} the class in review */
  let chosen = null;
  /** @type {Card[]} those that come next */
  let ahead = [];
  /** @type {Set<number>} items dealt with on this page */
  const done = new Set();
  let together = false;
  let open = false;
  let stale = true;
  let serial = 0;
  const title = h("h2");
  const list = h("ol", { class: "rail", "aria-label": REVIEW.classes });
  const frame = h("nav", { class: "rail-frame", "aria-label": REVIEW.classes }, h("h2", { class: "small" }, REVIEW.classes), list);
  const picker = h("select", { class: "picker", "aria-label": REVIEW.classes, onchange: () => choose(Number(picker.value)) });
  const group = h("button", { class: "quiet mode toggle", title: REVIEW.togetherTitle, onclick: toggleTogether }, REVIEW.together);
  const words = h("div", { class: "words" }, title, h("p", { class: "reason" }, REVIEW.about));
  const modes = [0, 1].map(() => h("button", { class: "quiet mode", onclick: toMistakes }, h("span", {}, MISTAKES.mode(null)), cap("Shift B")));
  const head = h("header", { class: "stage-head" }, words, group, picker, modes[0]);
  const none = h("div", { class: "empty" }, h("h2", {}, REVIEW.nothing), h("p", {}, REVIEW.nothingWhy), modes[1]);
  const table = h("div", { class: "stage" }, head, cards.board);
  const element = h("div", { class: "view clusters batch review is-empty" }, frame, table, none, cards.panel.element);

  /** @param {import("../types.js").Reviewed} reviewed */
  function row({ class_id, n, n_doubtful }) {
    const known = state.classOf(class_id);
    const chooses = {
      class: "coming", "aria-pressed": String(class_id === chosen), onclick: () => choose(class_id),
      title: REVIEW.counts(known?.name ?? "", n, n_doubtful),
    };
    const words = [known && swatch(known.color), h("span", { class: "name" }, known?.name ?? ""), h("span", { class: "count" }, count(n_doubtful))];
    return h("li", {}, h("button", chooses, words));
  }

  function renderList() {
    list.replaceChildren(...classes.map(row));
    const options = classes.map(({ class_id }) => [class_id, state.classOf(class_id)?.name ?? ""]);
    picker.replaceChildren(...options.map(([id, name]) => h("option", { value: id, selected: id === chosen }, name)));
    const known = state.classOf(chosen);
    title.textContent = known ? REVIEW.title(cards.all().length, known.name) : "";
  }

  function changed() {
    group.hidden = leftOut().length < 2;
    group.setAttribute("aria-pressed", String(together));
  }

  function toggleTogether() {
    together = !together;
    changed();
    cards.home();
  }

  /** @returns {Card[]} */
  function leftOut() {
    return cards.all().filter(({ left }) => left);
  }

  /** @param {number} id */
  function choose(id) {
    if (id === chosen) return;
    [chosen, ahead] = [id, []];
    cards.lay([]);
    renderList();
    fetchCards();
    cards.home();
  }

  function deal() {
    const begins = cards.all().length === 0;
    effort.start();
    cards.lay(ahead.splice(0, MOST));
    renderList();
    if (begins && open) comeHome(cards.board);
  }

  /** @param {{item: number, confidence: number}} told @returns {Card} */
  function card({ item, confidence }) {
    const name = state.classOf(chosen)?.name ?? "";
    return { item, verdict: { verdict: "class", class_id: chosen ?? 0 }, name, share: confidence, left: false };
  }

  /** Ask for what comes next; what is dealt with here may not be known there yet. */
  async function fetchCards() {
    if (chosen === null) return;
    const mine = ++serial;
    const limit = Math.min(MOST_ASKED, MOST + AT_HAND + done.size);
    const query = { class_id: chosen, source: "model", order: "confidence", limit };
    try {
      const { items } = await get("api/items", query);
      if (mine !== serial) return;
      const lies = new Set(cards.all().map(({ item }) => item));
      ahead = items.filter((/** @type {{item: number}} */ { item }) => !done.has(item) && !lies.has(item)).map(card);
      if (lies.size === 0) deal();
    } catch (error) {
      trouble(error);
    }
  }

  /** @param {unknown} error */
  function trouble(error) {
    if (!(error instanceof ApiError)) throw error;
    toasts.trouble(error, { label: REVIEW.again, run: load });
  }

  async function load() {
    stale = false;
    try {
      classes = (await get("api/review")).classes;
      if (!classes.some(({ class_id }) => class_id === chosen)) {
        chosen = classes[0]?.class_id ?? null;
        cards.lay([]);
      }
      element.classList.toggle("is-empty", classes.length === 0);
      renderList();
      await fetchCards();
    } catch (error) {
      stale = true;
      trouble(error);
    }
  }

  /** What is left is asked about, singly or as a cluster; all else is as it says: one step. */
  function accept() {
    const [lay, left] = [cards.all(), leftOut()];
    const said = lay.filter((one) => !one.left).map(({ item, verdict }) => ({ item, ...verdict }));
    const asCluster = together && left.length > 1;
    const reason = REVIEW.wrong(state.classOf(chosen)?.name ?? "");
    sayMany(said, {
      about: REVIEW.said(said.length, left.length, asCluster),
      more: { purpose: "review", wrong: left.map(({ item }) => item), together: asCluster, reason },
      accepted: () => left.length > 0 && (asCluster ? app.decks.cluster : app.decks.item).refresh(),
      apply() {
        lay.forEach(({ item }) => done.add(item));
        deal();
        if (ahead.length < MOST) setTimeout(fetchCards);
      },
      revert() {
        lay.forEach(({ item }) => done.delete(item));
        ahead.unshift(...cards.all());
        cards.lay(lay);
        renderList();
      },
    });
  }

  /** Something was learnt or answered elsewhere: what lies here stays, the rest is asked for anew. */
  function refresh() {
    stale = true;
    if (open && outbox.status.waiting === 0) load();
  }

  state.on("round", refresh);
  state.on("event", refresh);
  outbox.onChange(() => open && stale && outbox.status.waiting === 0 && load()); // what came meanwhile
  state.on("classes", () => open && renderList());

  return {
    element,
    commands: { ...cards.commands, "Shift+g": toggleTogether, "Shift+b": toMistakes },
    /** @param {number} n suspected mistakes */
    tellMistakes: (n) => modes.forEach((mode) => (mode.firstChild.textContent = MISTAKES.mode(n))),
    onClassKey: cards.onClassKey,
    show() {
      open = true;
      if (stale) load();
      effort.start();
      comeHome(cards.board);
    },
    hide() {
      open = false;
    },
  };
}
