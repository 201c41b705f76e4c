/** Why one answer is suspected: its image, what was said and what speaks against it, look-alikes. */

import { h, swatch } from "../dom.js";
import { clock, MISTAKES, percent } from "../text.js";

/** @param {import("../main.js").App} app */
export function createEvidence({ state, thumbnails, sharp }) {
  const picture = h("div", { class: "suspect" });
  const words = h("div", { class: "testimony" });
  const witnesses = h("ul", { class: "neighbours", "aria-label": MISTAKES.shown });
  const near = h("section", { class: "near" }, h("h3", {}, MISTAKES.shown), witnesses);
  const says = h("div", { class: "says" }, words, near);
  const element = h("section", { class: sharp ? "evidence sharp" : "evidence", "aria-live": "polite" }, picture, says);

  /** @param {string} term @param {number} id @param {string} rest */
  function line(term, id, rest) {
    const known = state.classOf(id);
    return h("p", {}, h("span", { class: "term" }, term), known && swatch(known.color),
      h("b", {}, known?.name ?? ""), h("span", { class: "rest" }, rest));
  }

  /** @param {{item: number, class_id: number}} witness */
  function witness({ item, class_id }) {
    const known = state.classOf(class_id);
    return h("li", { title: known?.name }, thumbnails.picture(item), h("span", {}, known && swatch(known.color), known?.name ?? ""));
  }

  return {
    element,
    /** @param {import("../types.js").Mistake | undefined} mistake */
    show(mistake) {
      element.hidden = !mistake;
      if (!mistake) return;
      const { item, said, suspected, score, annotator, answered_at, n_together, reasons } = mistake;
      picture.replaceChildren(thumbnails.picture(item));
      words.replaceChildren(
        line(MISTAKES.called, said, MISTAKES.by(annotator, clock(answered_at), n_together)),
        line(MISTAKES.maybe, suspected, percent(score)),
        h("ul", { class: "reasons" }, reasons.map(({ sentence }) => h("li", {}, sentence))),
      );
      near.hidden = mistake.witnesses.length === 0;
      witnesses.replaceChildren(...mistake.witnesses.map(witness));
    },
  };
}
