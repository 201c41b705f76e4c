/** A board of suspected answers, each with what it was called and what it may be; one is framed. */

import { h, swatch } from "./dom.js";
import { MISTAKES } from "./text.js";

/** @typedef {import("./types.js").Mistake} Mistake */

/**
 * @param {import("./main.js").App} app
 * @param {(mistake: Mistake | undefined) => void} onFrame another one is framed, or the same anew
 */
export function createSuspects({ state, thumbnails, sharp }, onFrame) {
  /** @type {Mistake[]} */
  let all = [];
  let current = 0;
  const board = h("div", {
    class: sharp ? "card-board sharp" : "card-board", role: "listbox", tabIndex: 0, "aria-label": MISTAKES.label, onclick: onClick,
  });

  /** @param {number} id */
  const named = (id) => {
    const known = state.classOf(id);
    return [known && swatch(known.color), h("span", { class: "name" }, known?.name ?? "")];
  };

  /** @param {Mistake} mistake @param {number} index */
  function draw({ item, said, suspected }, index) {
    const [one, other] = [said, suspected].map((id) => state.classOf(id)?.name ?? "");
    const says = {
      role: "option", id: `suspect-${index}`, "aria-selected": String(index === current), "data-index": index,
      "aria-label": MISTAKES.card(index + 1, all.length, one, other),
    };
    return h("div", { class: index === current ? "card suspect-card current" : "card suspect-card", ...says },
      thumbnails.picture(item), h("span", { class: "said-of" }, ...named(said), "→", ...named(suspected)));
  }

  function render() {
    board.replaceChildren(...all.map(draw));
    if (all.length > 0) board.setAttribute("aria-activedescendant", `suspect-${current}`);
    else board.removeAttribute("aria-activedescendant");
    onFrame(all[current]);
  }

  /** @param {number} index */
  function frame(index) {
    current = Math.max(0, Math.min(all.length - 1, index));
    render();
    board.children[current]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {MouseEvent} event */
  function onClick(event) {
    const found = event.target instanceof Element ? event.target.closest(".card") : null;
    if (found) frame(Number(found.getAttribute("data-index")));
  }

  const columns = () => getComputedStyle(board).gridTemplateColumns.split(" ").length;

  return {
    board,
    home: () => board.focus({ preventScroll: true }),
    all: () => all,
    framed: () => all[current],
    /** @param {Mistake[]} dealt @param {number} [at] which is framed */
    lay(dealt, at = 0) {
      all = dealt;
      frame(at);
    },
    /** @param {Mistake[]} gone Take some away; the one after them is framed. */
    remove(gone) {
      const items = new Set(gone.map(({ item }) => item));
      const before = all.slice(0, current).filter(({ item }) => items.has(item)).length;
      all = all.filter(({ item }) => !items.has(item));
      frame(current - before);
    },
    render,
    /** @type {Record<string, () => void>} */
    commands: {
      ArrowRight: () => frame(current + 1),
      ArrowLeft: () => frame(current - 1),
      ArrowDown: () => frame(current + columns()),
      ArrowUp: () => frame(current - columns()),
    },
  };
}
