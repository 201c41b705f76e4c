/** A board of images, each with what is said of it, and the panel that says something else. */

import { h, swatch } from "./dom.js";
import { createPanel } from "./panel.js";
import { CARDS, percent, QUEUE } from "./text.js";

/**
 * @typedef {import("./types.js").Verdict} Verdict
 * @typedef {{item: number, question?: import("./types.js").Question, verdict: Verdict,
 *   name: string, share: number | null, left: boolean}} Card `share` is the belief in what is
 *   suggested, null once it was changed; `left`: it is wrong, to be looked at singly
 */

/**
 * @param {import("./main.js").App} app
 * @param {{id: string, label: string, verdictOf: (choice: import("./classbox.js").Choice) => Verdict,
 *   onAccept: () => void, onChange?: () => void}} options `onAccept`: what is not left is right
 */
export function createCards({ gathering, state, changes, thumbnails, sharp }, { id, label, verdictOf, onAccept, onChange }) {
  /** @type {Card[]} */
  let cards = [];
  let current = 0;
  const board = h("div", {
    class: sharp ? "card-board sharp" : "card-board", role: "listbox", tabIndex: 0,
    "aria-multiselectable": "true", "aria-label": label, onclick: onClick,
  });
  const home = () => board.focus({ preventScroll: true });
  const panel = createPanel({
    state, id: `${id}-class`, label: CARDS.ask, onPick: choose, onAccept: accept,
    acceptLabel: (name) => CARDS.accept(cards.filter(({ left }) => !left).length, name),
    undo: changes.undo, home,
    verdicts: [
      { ...QUEUE.unsure, run: () => say({ verdict: "unsure" }, CARDS.unsure) },
      { ...QUEUE.none, run: () => say({ verdict: "none" }, CARDS.none) },
    ],
  });

  /** @param {Card} card @param {number} index */
  function draw({ item, verdict, name, share, left }, index) {
    const known = state.classOf(verdict.class_id) ?? state.classNamed(name);
    const words = left ? CARDS.left : name;
    const sure = left || share === null ? "" : percent(share);
    const kind = ["card", index === current && "current", share === null && "changed"];
    const says = {
      role: "option", id: `${id}-card-${index}`, "aria-selected": String(left), "data-index": index,
      "aria-label": CARDS.card(index + 1, cards.length, `${words} ${sure}`),
    };
    return h(
      "div",
      { class: kind.filter(Boolean).join(" "), ...says },
      thumbnails.picture(item),
      h("span", { class: "said-of" }, known && !left && swatch(known.color),
        h("span", { class: "name" }, words), h("span", { class: "sure" }, sure)),
    );
  }

  function render() {
    panel.lock(cards.length === 0 || Boolean(state.now.project?.read_only));
    board.replaceChildren(...cards.map(draw));
    if (cards.length > 0) board.setAttribute("aria-activedescendant", `${id}-card-${current}`);
    else board.removeAttribute("aria-activedescendant");
    panel.refresh();
    onChange?.();
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
    panel.box.reset([]);
    walk(1);
  }

  /** @param {import("./classbox.js").Choice} choice */
  function choose(choice) {
    say(verdictOf(choice), choice.name);
  }

  /** What is typed is for the current card; with nothing typed, all that is not left is right. */
  function accept() {
    const choice = panel.box.choice();
    if (choice) choose(choice);
    else if (cards.length > 0) onAccept();
  }

  /** @param {(index: number) => boolean} leaves which are to be left */
  function leave(leaves) {
    cards = cards.map((card, index) => ({ ...card, left: leaves(index) }));
    render();
  }

  /** @param {MouseEvent} event Leave one, or with shift all from the last one clicked to this. */
  function onClick(event) {
    const found = event.target instanceof Element ? event.target.closest(".card") : null;
    if (!found) return;
    const index = Number(found.getAttribute("data-index"));
    if (!event.shiftKey) return flip(index);
    const [first, last] = [Math.min(current, index), Math.max(current, index)];
    leave((at) => (at >= first && at <= last ? cards[current].left : cards[at].left));
  }

  /** @param {number} by */
  function walk(by) {
    current = Math.max(0, Math.min(cards.length - 1, current + by));
    render();
    board.children[current]?.scrollIntoView({ block: "nearest" });
  }

  const columns = () => getComputedStyle(board).gridTemplateColumns.split(" ").length;

  return {
    board,
    panel,
    home,
    render,
    /** @returns {Card[]} */
    all: () => cards,
    /** @param {Card[]} dealt */
    lay(dealt) {
      [cards, current] = [dealt, 0];
      board.scrollTop = 0;
      panel.box.reset([]);
      render();
    },
    /** @type {Record<string, () => void>} */
    commands: {
      Enter: accept,
      m: () => flip(current),
      " ": () => flip(current),
      "Shift+m": () => leave((index) => index >= current || cards[index].left),
      "Shift+i": () => leave((index) => !cards[index].left),
      "Shift+s": () => cards[current] && gathering.gatherAlike(cards[current].item),
      u: () => say({ verdict: "unsure" }, CARDS.unsure),
      n: () => say({ verdict: "none" }, CARDS.none),
      c: panel.box.focus,
      "/": panel.box.focus,
      ArrowRight: () => walk(1),
      ArrowLeft: () => walk(-1),
      ArrowDown: () => walk(columns()),
      ArrowUp: () => walk(-columns()),
    },
    /** @param {import("./types.js").ClassRecord} known its key was pressed */
    onClassKey: (known) => choose({ known, name: known.name }),
  };
}
